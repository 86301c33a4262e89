"""What a backtest starts from: a version with its files, and the newest rows of its own series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trintena.services.forecasts import Forecasts

if TYPE_CHECKING:
    from trintena.artifacts.saved_model import SavedModel
    from trintena.services.prices import Delivery


class Backtests(Forecasts):
    """The part of the use cases that looks back."""

    def to_backtest(self, symbol: str | None, version: int | None) -> tuple[SavedModel, Delivery]:
        """The version with that number, else the newest champion, of a symbol or of all; and its series.

        A champion that was trained on all rows leaves nothing to look back on: its frozen twin stands in.

        Raises: as `predict`.
        """
        model = self.model(symbol, version)
        twin = model.parameters.get("frozen_twin")
        if version is None and twin is not None:
            model = self.model(version=twin)
        return self.memory.saved_model(self.settings.models, model), self.newest_of(model)
