"""What the form offers: series, strategies, architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from trintena.data.sources.sample import PREFIX as SAMPLE
from trintena.data.sources.sample import SAMPLES
from trintena.domain import SearchSpace, Target
from trintena.experiments.plan import MAXIMUM_HORIZON, MAXIMUM_LOOKBACK
from trintena.language import phrase
from trintena.report import words as report_words
from trintena.search import n_combinations
from trintena.web.pages.training import telling
from trintena.zoo import ACTIVATIONS
from trintena.zoo.catalog import ARCHITECTURES, CATEGORIES

if TYPE_CHECKING:
    from trintena.registry import Registry

YEARS = (2, 3, 5, 10, 15, 20)
_MOST_DATASETS = 100


def offered(registry: Registry) -> dict[str, Any]:
    """What the form's template shows to choose from."""
    datasets = registry.datasets()[:_MOST_DATASETS]
    return {
        "samples": [(SAMPLE + name, _sample(name)) for name in SAMPLES],
        "datasets": datasets,
        "strategies": telling.strategies(),
        "categories": [
            (key, telling.category(key), [row for row in ARCHITECTURES if row.category == key])
            for key in CATEGORIES
        ],
        "years": YEARS,
        "targets": [
            ("", phrase(en="automatic", pt="automático")),
            *((code, report_words.target(code, "price")) for code in get_args(Target)),
        ],
        "measures": [
            ("", phrase(en="recognize it", pt="reconhecer")),
            ("price", phrase(en="prices", pt="preços")),
            ("value", phrase(en="other values", pt="outros valores")),
        ],
        "features": [
            (
                "ohlcv",
                phrase(
                    en="prices and volume, where there are such columns", pt="preços e volume, onde houver"
                ),
            ),
            ("close", phrase(en="close alone", pt="só o fechamento")),
        ],
        "executors": telling.executors(),
        "space": [(name, report_words.parameter(name)) for name in telling_space()],
        "activations": ", ".join(ACTIVATIONS),
        "n_combinations": n_combinations(SearchSpace()),
        "maximum_lookback": MAXIMUM_LOOKBACK,
        "maximum_horizon": MAXIMUM_HORIZON,
    }


def telling_space() -> tuple[str, ...]:
    """The hyper-parameters that a search chooses, in the order of the specification."""
    return tuple(vars(SearchSpace()))


def _sample(name: str) -> str:
    """A sample's name with its dates."""
    titles = {
        "nasdaq": phrase(
            en="NASDAQ Composite, daily, 1999 to 2018", pt="NASDAQ Composite, diário, 1999 a 2018"
        ),
        "sp500": phrase(en="S&P 500, daily, 1999 to 2018", pt="S&P 500, diário, 1999 a 2018"),
    }
    return titles[name]
