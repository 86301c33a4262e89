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
