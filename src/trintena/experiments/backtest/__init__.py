"""Backtests: a saved version rolled over a stretch of its series, frozen or refitted, beside every baseline.

An experiment whose specification has a `backtest`. It is planned, queued, run, cancelled and resumed as a
training is, and stores the forecasts of each block as it ends.
"""

from trintena.experiments.backtest.answer import stopped_answer
from trintena.experiments.backtest.case import BacktestCase
from trintena.experiments.backtest.plan import BacktestRequest, plan_backtest
from trintena.experiments.backtest.run import run_backtest

__all__ = ["BacktestCase", "BacktestRequest", "plan_backtest", "run_backtest", "stopped_answer"]
