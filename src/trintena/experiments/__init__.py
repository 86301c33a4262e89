"""Experiments: what one submission runs, from stored prices to a ranked board and a saved champion."""

from trintena.experiments.plan import Request, budget_seconds, plan
from trintena.experiments.progress import Observer, Progress
from trintena.experiments.run import run_experiment
from trintena.experiments.workplace import Workplace

__all__ = ["Observer", "Progress", "Request", "Workplace", "budget_seconds", "plan", "run_experiment"]
