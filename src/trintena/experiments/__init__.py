"""Experiments: what one submission runs, from stored prices to a ranked board and a saved champion."""

from trintena.experiments.plan import Request, plan
from trintena.experiments.progress import Observer, Progress
from trintena.experiments.run import run_experiment
from trintena.experiments.workplace import Workplace

__all__ = ["Observer", "Progress", "Request", "Workplace", "plan", "run_experiment"]
