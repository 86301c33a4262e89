"""How a newly fetched history differs from the stored one, on the days that both have.

Adjusted prices change backwards: a dividend or a split multiplies every price before it. So nothing
is ever appended to a stored history; the new one replaces it as a whole, and what has changed is
said. An answer that has plainly lost what is stored, or whose prices differ without rhyme, is no
better history, but a bad answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trintena.data.words import counted, day
from trintena.domain import PRICE_COLUMNS, PriceSeries
from trintena.language import number, phrase

TOLERANCE = 2e-5
"""Relative. What Yahoo says twice agrees to some 1e-6; a dividend of 1 cent on 180 moves the past by 6e-5."""
MAX_LOST_SHARE = 0.01
"""An answer without a larger share of the stored rows than this is a bad one."""
MAX_STEPS_SHARE = 0.05
"""Dividends and splits change the ratio to the stored prices on few days; nonsense does from row to row."""
FEW_STEPS = 4
"""So many changes of the ratio are two corrected rows at most, however short the history."""
MIN_ADJUSTED_SHARE = 0.9
"""At least this share of the rows before a day has to have changed by one factor, to be an adjustment."""

Dates = np.ndarray[Any, np.dtype[np.datetime64]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a new history has, and has no more, beside the stored one of the same symbol."""

    stored: PriceSeries
    new: PriceSeries
    factor: float
    """By which the prices up to `adjusted_until` were multiplied; 1 where the adjustment is the same."""
    adjusted_until: np.datetime64 | None
    """The last date of a price that the factor applies to."""
    differing: Dates
    """Of rows in both whose prices differ, the factor taken into account."""
    n_common: int
    """Rows that both have."""
    n_steps: int
    """How often the ratio of the new to the stored close changes from one of them to the next."""
    lost: Dates
    """Of stored rows that the new history does not have."""
    between: Dates
    """Of new rows before the last stored one."""

    @property
    def n_added(self) -> int:
        """Rows after the last stored one."""
        return int((self.new.dates > self.stored.dates[-1]).sum())

    @property
    def is_worse(self) -> bool:
        """Whether the new history is a bad answer, which must not replace the stored one."""
        return bool(self.faults)

    @property
    def faults(self) -> str:
        """What makes the new history a bad answer, as a part of a sentence; nothing where it is none."""
        faults = []
        ends_earlier = bool(self.new.dates[-1] < self.stored.dates[-1])
        if ends_earlier or len(self.lost) > MAX_LOST_SHARE * len(self.stored):
            new, stored = _span(self.new), _span(self.stored)
            faults.append(
                phrase(en=f"{new}, where {stored} are stored", pt=f"{new}, e há {stored} guardadas")
            )
        if missing := [name for name in self.stored.columns if name not in self.new.columns]:
            names = ", ".join(missing)
            faults.append(phrase(en=f"no values of {names}", pt=f"nenhum valor de {names}"))
        if self.n_steps > max(FEW_STEPS, MAX_STEPS_SHARE * (self.n_common - 1)):
            steps, pairs = number(self.n_steps), number(self.n_common - 1)
            faults.append(
                phrase(
                    en=f"closes whose ratio to the stored ones changes {steps} times in {pairs} steps, as "
                    "no dividend and no split would change it",
                    pt=f"fechamentos cuja razão com os guardados muda {steps} vezes em {pairs} passos, "
                    "como nenhum dividendo ou desdobramento faria",
                )
            )
        return "; ".join(faults)

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for each thing that has changed; none where nothing has."""
        return (*self._on_added(), *self._on_factor(), *self._on_rows())

    def _on_added(self) -> list[str]:
        if not self.n_added:
            return []
        count, since = number(self.n_added), day(self.stored.dates[-1])
        return [
            phrase(
                en=f"{count} new {'row' if self.n_added == 1 else 'rows'} since {since}.",
                pt=f"{count} {'linha nova' if self.n_added == 1 else 'linhas novas'} desde {since}.",
            )
        ]

    def _on_factor(self) -> list[str]:
        if self.adjusted_until is None:
            return []
        symbol, key = self.new.symbol, self.stored.content_hash[:12]
        until, factor = day(self.adjusted_until), number(self.factor, ".6g")
        return [
            phrase(
                en=f"The adjustment of {symbol} has changed: from {until} back, every price is {factor} "
                "times the stored one, as after a dividend or a split. The new history replaces the stored "
                f"one as a whole; results so far keep naming the old prices (dataset {key}).",
                pt=f"O ajuste de {symbol} mudou: de {until} para trás, cada preço é {factor} vezes o "
                "guardado, como depois de um dividendo ou desdobramento. O novo histórico substitui o "
                "guardado por inteiro; os resultados até aqui continuam citando os preços antigos "
                f"(conjunto de dados {key}).",
            )
        ]

    def _on_rows(self) -> list[str]:
        remarks = []
        begins, began = self.new.dates[0], self.stored.dates[0]
        if begins > began:
            remarks.append(
                phrase(
                    en=f"The history starts on {day(begins)}; the stored one on {day(began)}.",
                    pt=f"O histórico começa em {day(begins)}; o guardado, em {day(began)}.",
                )
            )
        kinds = (
            (self.differing, "with other prices than stored", "com preços diferentes dos guardados", ""),
            (self.lost, "of the stored ones vanished", "a menos do que guardado", "que sumiu "),
            (self.between, "appeared before the last stored one", "a mais antes da última guardada", ""),
        )
        for dates, en, pt, which in kinds:
            if len(dates):
                count, first = counted(len(dates)), day(dates[0])
                remarks.append(
                    phrase(
                        en=f"{count} {en}; the first is {first}.",
                        pt=f"{count} {pt}; a primeira {which}é {first}.",
                    )
                )
        return remarks


def compare(stored: PriceSeries, new: PriceSeries) -> Comparison:
    """What has changed in a history; both are of the same symbol and source, and neither is empty.

    Prices decide. The volume of the last days is corrected every day, and is not compared.
    """
    common, old_rows, new_rows = np.intersect1d(stored.dates, new.dates, return_indices=True)
    names = [name for name in PRICE_COLUMNS if name in stored.columns and name in new.columns]
    old = stored.values[old_rows][:, [stored.columns.index(name) for name in names]]
    now = new.values[new_rows][:, [new.columns.index(name) for name in names]]
    close = names.index("close")
    factor, n_adjusted = _adjustment(old[:, close], now[:, close])
    expected = old.copy()
    expected[:n_adjusted] *= factor
    differs = ~_agree(expected, now).all(axis=1)
    inside = np.setdiff1d(new.dates, stored.dates)
    return Comparison(
        stored=stored,
        new=new,
        factor=factor,
        adjusted_until=common[n_adjusted - 1] if n_adjusted else None,
        differing=common[differs],
        n_common=len(common),
        n_steps=_steps(old[:, close], now[:, close]),
        lost=np.setdiff1d(stored.dates, new.dates),
        between=inside[inside < stored.dates[-1]],
    )


def _agree(
    expected: Float[np.ndarray, "row ..."], found: Float[np.ndarray, "row ..."]
) -> Bool[np.ndarray, "row ..."]:
    agree: Bool[np.ndarray, "row ..."] = np.isclose(found, expected, rtol=TOLERANCE, atol=0.0)
    return agree


def _adjustment(old: Float[np.ndarray, " row"], new: Float[np.ndarray, " row"]) -> tuple[float, int]:
    """The factor between two histories of the close, and how many rows from the first on it applies to.

    It is the usual ratio of what has changed, provided that nearly all rows up to the last with that
    ratio have it; otherwise (1, 0): rows differ, but not by an adjustment.
    """
    changed = ~_agree(old, new) & (old != 0)
    if not changed.any():
        return 1.0, 0
    factor = float(np.median(new[changed] / old[changed]))
    follows = _agree(old * factor, new)
    adjusted = np.flatnonzero(follows & changed)
    n_adjusted = int(adjusted[-1]) + 1 if len(adjusted) else 0
    if follows[:n_adjusted].sum() < MIN_ADJUSTED_SHARE * max(n_adjusted, 1):
        return 1.0, 0
    return factor, n_adjusted


def _steps(old: Float[np.ndarray, " row"], new: Float[np.ndarray, " row"]) -> int:
    """How often new / old changes from one row to the next; multiplied out, for a price may be zero."""
    return int((~_agree(new[:-1] * old[1:], new[1:] * old[:-1])).sum())


def _span(series: PriceSeries) -> str:
    first, last = day(series.dates[0]), day(series.dates[-1])
    return phrase(
        en=f"{counted(len(series))} from {first} to {last}", pt=f"{counted(len(series))} de {first} a {last}"
    )
