"""The model card: what a saved model is, how it was made and judged, where it ends, and how to load it.

It stands beside the model's files, in English and then in Portuguese, for people who may have nothing but
that folder. Every number in it comes from the manifest and from the answer of the experiment; nothing is
computed anew.
"""

from trintena.report.card.material import Card
from trintena.report.card.page import write_card

__all__ = ["Card", "write_card"]
