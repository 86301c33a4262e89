from __future__ import annotations

import re
from string import Formatter
from typing import get_args

import pytest

from trintena.cli.texts import TEXTS, say
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.verdict import Verdict
from trintena.language import span
from trintena.report.judgment import sentence


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_it_with_the_same_values(key: str) -> None:
    english, portuguese = TEXTS[key]
    assert english.strip()
    assert portuguese.strip()
    assert fields(english) == fields(portuguese)
    assert all(name.isidentifier() for name in fields(english)), "by name: the order differs"
    assert english.endswith(".") == portuguese.endswith(".")


def test_sentences_are_translated() -> None:
    same = {key for key, (english, portuguese) in TEXTS.items() if english == portuguese}
    assert same == {"rank", "done_line"}


@pytest.mark.parametrize("key", [*(row.key for row in BASELINES), "training", "judging"])
def test_every_baseline_and_phase_has_a_text(key: str) -> None:
    assert key in TEXTS


def verdicts(code: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a verdict says in English and in Portuguese, every sentence of it."""
    told = {"code": code, "skill": 0.01, "skill_against_drift": 0.02, "persistence_clone": True}
    said = []
    for language in ("en", "pt"):
        monkeypatch.setenv("TRINTENA_LANG", language)
        said.append(sentence(told))
    return said[0], said[1]


@pytest.mark.parametrize("code", get_args(Verdict))
def test_every_verdict_has_a_text_in_both_languages(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    english, portuguese = verdicts(code, monkeypatch)
    assert english.strip()
    assert portuguese.strip()
    assert english != portuguese
    assert re.findall(r"\d+", english) == re.findall(r"\d+", portuguese), "with the same values"
    others = set(get_args(Verdict)) - {code}
    assert all(verdicts(other, monkeypatch) != (english, portuguese) for other in others), "a text of its own"
    assert english.endswith(".") == portuguese.endswith(".")


def test_only_the_verdict_that_was_tested_claims_a_victory(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = re.compile(
        r"\b(beat\w*|outperform\w*|wins?|vence\w*|supera\w*|bate\w*|ganha d\w+)\b", re.IGNORECASE
    )
    won = verdicts("beats_last_value", monkeypatch)
    others = (verdicts(code, monkeypatch) for code in get_args(Verdict) if code != "beats_last_value")
    assert [text for pair in (*TEXTS.values(), *others) for text in pair if claims.search(text)] == []
    assert all(claims.search(text) for text in won)


def test_a_text_is_said_in_the_language_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert say("failed", n=3) == "Failed (3)"
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert say("failed", n=3) == "Falharam (3)"


def test_braces_in_a_value_are_letters() -> None:
    assert say("version", name="{odd} [name]", version=2) == "{odd} [name], version 2"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "60 s"),
        (89, "89 s"),
        (90, "2 min"),
        (600, "10 min"),
        (5340, "89 min"),
        (5400, "1 h 30 min"),
        (7230, "2 h 00 min"),
        (36_000, "10 h 00 min"),
    ],
)
def test_a_span_is_told_in_units_that_say_something(seconds: float, told: str) -> None:
    assert span(seconds) == told
