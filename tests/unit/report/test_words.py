"""How figures are written for people: with as many digits as they bear, in both languages."""

from __future__ import annotations

import pytest

from trintena.language import speaking
from trintena.report import words


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0496, "p = 0.050"),
        (0.0994, "p = 0.099"),
        (0.1, "p = 0.10"),
        (0.99, "p = 0.99"),
        (0.997, "p > 0.99"),
        (1.0, "p > 0.99"),
    ],
)
def test_p_values_have_as_many_digits_as_they_bear(p: float, written: str) -> None:
    with speaking("en"):
        assert words.p_value(p) == written
    with speaking("pt"):
        assert words.p_value(p) == written.replace(".", ",")


def test_a_direction_is_said_to_be_the_last_steps_where_there_are_several() -> None:
    for language, headings, at in (
        ("en", ["Direction", "Direction, last step"], " at the last step"),
        ("pt", ["Direção", "Direção, último passo"], " no último passo"),
    ):
        with speaking(language):
            assert [words.direction(1), words.direction(2)] == headings
            assert [words.at_last_step(1), words.at_last_step(2)] == ["", at]


def test_who_keeps_the_title_is_told_and_what_favoured_it() -> None:
    title = {"incumbent": 2, "incumbent_model_name": "GRU Classic (64/32)", "reason": "incumbent_stays"}
    kept = words.title_kept({"is_winner": False, "title": title})
    assert kept == ("The champion stays GRU Classic (64/32) (version 2); this model is registered beside it.")
    favoured = {"is_winner": False, "title": {**title, "incumbent_saw_validation": True}}
    assert "trained on days of this validation segment, which favours it" in words.title_kept(favoured)
    with speaking("pt"):
        assert "o que o favorece" in words.title_kept(favoured)
    assert words.title_kept({"is_winner": True, "title": title}) == ""
    assert words.title_kept({"is_winner": False, "title": {"incumbent": None}}) == ""


@pytest.mark.parametrize(
    ("values", "decimals"), [([183.2, 0.5], 2), ([-0.04, 0.001], 5), ([0.5], 4), ([0.0], 2), ([1.0], 2)]
)
def test_prices_that_stand_together_have_as_many_decimals(values: list[float], decimals: int) -> None:
    assert words.decimals(values) == decimals


def test_a_p_value_in_a_cell_is_never_zero() -> None:
    assert [words.p_in_a_cell(p) for p in (0.0, 0.004, 0.5, None)] == ["< 0.001", "0.004", "0.50", "—"]
