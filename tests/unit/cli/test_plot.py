from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trintena.cli.plot import plot

DAY = np.timedelta64(24, "h")
LARGEST = float(np.finfo(np.float64).max)


def days(count: int, first: str = "2024-01-01", step: np.timedelta64 = DAY) -> np.ndarray:
    return np.datetime64(first, "s") + np.arange(count) * step


def named(lines: tuple[str, ...]) -> dict[int, float]:
    """The values beside the picture, by their lines."""
    return {i: float(line.split("┤")[0].replace(",", "")) for i, line in enumerate(lines) if "┤" in line}


def test_a_rise_goes_from_the_lower_left_to_the_upper_right() -> None:
    drawn = plot(days(101), np.arange(101.0), width=34)
    assert not drawn.is_logarithmic
    assert drawn.lines == (
        "100 ┤                          ⢀⡤⠞",
        "    │                        ⣠⠴⠋",
        " 80 ┤                     ⢀⣠⠞⠁",
        "    │                   ⣀⡴⠋",
        " 60 ┤                ⢀⣠⠞⠁",
        "    │              ⣀⡴⠋",
        "    │            ⣠⠞⠁",
        " 40 ┤         ⢀⡴⠋⠁",
        "    │       ⣠⠞⠉",
        " 20 ┤    ⢀⡴⠋⠁",
        "    │  ⣠⠖⠋",
        "  0 ┤⡴⠚⠁",
        "    └┬───────────────────────────┬",
        "     2024-01-01         2024-04-10",
    )


def test_twelve_lines_and_two_of_dates_in_eighty_columns() -> None:
    lines = plot(days(500), np.sin(np.arange(500.0) / 40) * 3 + 100).lines
    assert len(lines) == 14
    assert max(map(len, lines)) == 80
    first, *_, last = lines[-1].split()
    assert (first, last) == ("2024-01-01", "2025-05-14")


def test_values_beside_the_picture_are_round_and_inside_it() -> None:
    lines = plot(days(50), np.linspace(-7.3, 12.9, 50)).lines
    assert sorted(named(lines).values()) == [-5.0, 0.0, 5.0, 10.0]
    assert list(named(lines).values()) == [10.0, 5.0, 0.0, -5.0]


def test_decades_of_growth_are_drawn_on_a_logarithmic_scale() -> None:
    drawn = plot(days(300), np.geomspace(0.03, 235.0, 300))
    assert drawn.is_logarithmic
    assert list(named(drawn.lines).values()) == [100.0, 10.0, 1.0, 0.1]
    for values in (
        np.linspace(-235.0, -0.03, 300),
        np.linspace(0.0, 235.0, 300),
        np.linspace(20.0, 235.0, 300),
    ):
        assert not plot(days(300), values).is_logarithmic


def test_a_series_that_never_moves_is_a_line_at_its_value() -> None:
    lines = plot(days(40), np.full(40, -3.5)).lines
    (line,) = named(lines)
    assert named(lines) == {line: -3.5}
    assert [i for i, text in enumerate(lines[:-2]) if not text.endswith("│")] == [line]


def test_one_row_is_one_dot_over_its_date() -> None:
    lines = plot(days(1), np.array([7.0])).lines
    assert sum("⠀" <= letter <= "⣿" for letter in "".join(lines)) == 1
    assert lines[-1].strip() == "2024-01-01"


def test_a_day_between_many_rows_is_seen() -> None:
    values = np.zeros(100_000)
    values[50_000] = 1.0
    lines = plot(days(100_000, step=np.timedelta64(1, "h")), values).lines
    assert any("⠀" < letter <= "⣿" for letter in lines[0])


def test_time_and_not_the_row_decides_where_a_value_stands() -> None:
    dates = np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2024-01-01"], "datetime64[s]")
    picture = plot(dates, np.array([0.0, 0.0, 9.0, 9.0])).lines[:-2]
    assert all(set(line[8:]) <= {" "} for line in picture[1:])


def test_hours_are_named_within_days_and_not_beyond() -> None:
    hour = np.timedelta64(1, "h")
    assert plot(days(30, step=hour), np.arange(30.0)).lines[-1].split()[:2] == ["2024-01-01", "00:00"]
    assert ":" not in plot(days(3_000, step=hour), np.arange(3_000.0)).lines[-1]
    assert plot(days(3), np.arange(3.0)).lines[-1].split() == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_numbers_are_written_as_the_reader_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    picture = "\n".join(plot(days(9), np.linspace(1_000.0, 1_001.0, 9)).lines)
    assert "1.000,4 ┤" in picture


def test_the_largest_numbers_do_not_overflow() -> None:
    for values in ([-LARGEST, 0.0, LARGEST], [LARGEST], [5e-324, LARGEST], [5e-324, 0.0]):
        assert len(plot(days(len(values)), np.array(values)).lines) == 14


@given(
    values=hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e300, 1e300)),
    step=st.sampled_from([1, 60, 3_600, 86_400, 86_400 * 30]),
    width=st.integers(40, 120),
)
def test_anything_finite_is_drawn_within_its_width(values: np.ndarray, step: int, width: int) -> None:
    lines = plot(days(len(values), step=np.timedelta64(step, "s")), values, width=width).lines
    assert len(lines) == 14
    assert max(map(len, lines)) <= width
    inside = [v for v in named(lines).values() if not values.min() <= v <= values.max()]
    assert all(np.isclose(v, [values.min(), values.max()]).any() for v in inside)
    assert lines[-1].split()[0] == "2024-01-01"
