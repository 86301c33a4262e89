from __future__ import annotations

import pytest

from trintena.language import language, number, phrase


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"TRINTENA_LANG": "pt"}, "pt"),
        ({"TRINTENA_LANG": "en"}, "en"),
        ({"TRINTENA_LANG": "pt_BR.UTF-8"}, "pt"),
        ({"TRINTENA_LANG": "PT"}, "pt"),
        ({"TRINTENA_LANG": "fr"}, "en"),
        ({"TRINTENA_LANG": "klingon", "LANG": "pt_BR.UTF-8"}, "en"),
        ({"TRINTENA_LANG": "", "LANG": "pt_BR.UTF-8"}, "pt"),
        ({"TRINTENA_LANG": "en", "LANG": "pt_BR.UTF-8"}, "en"),
        ({"TRINTENA_LANG": "pt", "LC_ALL": "en_US.UTF-8"}, "pt"),
        ({"LANG": "pt_BR.UTF-8"}, "pt"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "pt_PT"}, "pt"),
        ({"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_language_is_ours_then_the_systems(environment: dict[str, str], spoken: str) -> None:
    assert language(environment) == spoken


def test_a_phrase_is_that_of_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert phrase(en="two rows", pt="duas linhas") == "two rows"
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert phrase(en="two rows", pt="duas linhas") == "duas linhas"


@pytest.mark.parametrize(
    ("value", "pattern", "english", "portuguese"),
    [
        (1234567.891, ",.2f", "1,234,567.89", "1.234.567,89"),
        (0.0123456789, ".6g", "0.0123457", "0,0123457"),
        (0.01234, "+.2%", "+1.23%", "+1,23%"),
        (-0.01234, "+.2%", "-1.23%", "-1,23%"),
        (12345, ",d", "12,345", "12.345"),
        (0.0, "+z.2%", "+0.00%", "+0,00%"),
        (-1e-9, "+z.2%", "+0.00%", "+0,00%"),
        (None, ".2f", "—", "—"),
        (float("nan"), ".6g", "—", "—"),
        (float("inf"), ",.2f", "—", "—"),
        (float("-inf"), "+.2%", "—", "—"),
    ],
)
def test_numbers_are_written_as_their_readers_write_them(
    monkeypatch: pytest.MonkeyPatch, value: float | None, pattern: str, english: str, portuguese: str
) -> None:
    assert number(value, pattern) == english
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert number(value, pattern) == portuguese
