"""The search for hyper-parameters: spaces, strategies, pruning, and the mirror in Optuna's tables.

Reading this package loads no Optuna; proposing by a model and recording a study do.
"""

from trintena.search.combinations import n_combinations
from trintena.search.optuna_studies import OptunaStudies, study_name
from trintena.search.pruning import REDUCTION, RUNGS, next_rung, survivors
from trintena.search.space import read_choice, read_space, read_space_file
from trintena.search.strategies import STRATEGIES, Strategy, propose, total_trials

__all__ = [
    "REDUCTION",
    "RUNGS",
    "STRATEGIES",
    "OptunaStudies",
    "Strategy",
    "n_combinations",
    "next_rung",
    "propose",
    "read_choice",
    "read_space",
    "read_space_file",
    "study_name",
    "survivors",
    "total_trials",
]
