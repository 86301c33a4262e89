"""Reading prices from comma-separated files, in steps that do not know each other's business.

bytes -> text (`text`) -> header and rows of words (`header`, `table`) -> understood columns (`titles`,
`columns`) -> dates and numbers (`dates`, `numbers`) -> a checked series (`reading`), and what there is
to say about all this (`telling`). A format of the wild joins at the step where it differs.
"""

from __future__ import annotations

from trintena.data.csv_files.reading import CsvReading, read_csv

__all__ = ["CsvReading", "read_csv"]
