from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trintena.data import sources
from trintena.data.sources import SOURCES, Source, fetch, source_of
from trintena.errors import DataError, UnknownNameError

GUIDE = Path(__file__).parents[4] / "docs" / "adding-a-source.md"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_each_source_delivers_its_own_examples(source):
    assert source.describe
    assert [source_of(example).name for example in source.examples] == [source.name] * len(source.examples)


@pytest.mark.parametrize("reference", ["", "two words", "a\nb"])
def test_a_reference_that_nobody_claims_is_refused(reference):
    with pytest.raises(UnknownNameError, match=r"sample:nasdaq, prices\.csv, NVDA"):
        source_of(reference)


@pytest.mark.parametrize("reference", ["sample:nasdaq", "sample:sp500"])
def test_samples_are_daily_bars_of_twenty_years(reference):
    series = fetch(reference)
    assert series.symbol == reference
    assert series.columns == ("open", "high", "low", "close", "volume")
    assert len(series) == 5031
    assert str(series.dates[0]) == "1999-01-04T00:00:00"
    assert str(series.dates[-1]) == "2018-12-31T00:00:00"
    assert (series.values[:, :4] > 0).all()


@pytest.mark.parametrize("name", ["nasdaq", "sp500"])
def test_the_sample_is_what_the_package_ships(name):
    shipped = importlib.import_module(f"arch.data.{name}").load()
    series = fetch(f"sample:{name}")
    np.testing.assert_array_equal(series.close, shipped["Adj Close"].to_numpy())
    np.testing.assert_array_equal(series.dates, shipped.index.to_numpy())


def test_an_unknown_sample_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match="Did you mean 'nasdaq'"):
        fetch("sample:nasdak")


def test_a_path_is_read_as_csv(tmp_path):
    path = tmp_path / "tides.csv"
    path.write_text("date,close\n2020-01-06,1.5\n2020-01-07,1.25\n", encoding="utf-8")
    series = fetch(str(path))
    assert series.symbol == "tides"
    assert series.close.tolist() == [1.5, 1.25]


def test_a_jump_is_refused_and_can_be_allowed(tmp_path):
    path = tmp_path / "split.csv"
    path.write_text("date,close\n2020-01-06,1.5\n2020-01-07,15.25\n", encoding="utf-8")
    with pytest.raises(DataError, match="--allow-jumps"):
        fetch(str(path))
    assert len(fetch(str(path), allow_jumps=True)) == 2


def test_listing_the_sources_loads_no_heavy_library():
    code = (
        "import sys, trintena.data; "
        "print(sorted({'pandas', 'arch', 'yfinance', 'exchange_calendars'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_guide_to_a_new_source_holds(monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    # an execution needs a namespace of its own, as a file has
    namespace: dict[str, object] = {}
    exec(compile(example, str(GUIDE), "exec"), namespace)
    row = Source("ramp", "Rises by one a day.", ("ramp:500",), namespace["claims"], namespace["fetch"])
    monkeypatch.setattr(sources, "SOURCES", (row, *SOURCES))
    assert fetch("ramp:500").close[-1] == 500
