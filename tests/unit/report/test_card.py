"""The model card as Markdown: whatever it is about, it renders, and says what it does not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from trintena.domain import ExperimentSpec, Search
from trintena.report.card import Card, write_card
from trintena.report.markdown import bullets, escaped, table

MARKDOWN = MarkdownIt("commonmark").enable("table")
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]))


def figures(rmse: float, **others: Any) -> dict[str, Any]:
    names = ("mae", "skill", "skill_against_drift", "r2", "mase", "directional_accuracy", "direction_p")
    return {"rmse": rmse, "majority_share": 0.537, **dict.fromkeys(names, 0.0123456789012345), **others}


def baseline(key: str, name: str, rmse: float | None, reason: str | None = None) -> dict[str, Any]:
    scored = {} if rmse is None else {"validation": figures(0.0181), "test": figures(rmse, direction_p=None)}
    return {"key": key, "name": name, "reason": reason, "test_rmse": rmse, "metrics": scored}


def make(symbol: str = "NVDA", mode: str = "fast", **parameters: Any) -> Card:
    """A card of figures that were thought up."""
    search = Search(strategy="bayesian") if mode == "optimized" else None
    spec = ExperimentSpec(
        symbol, "ab" * 32, (9, 11), "2001-01-02T00:00:00", "2018-12-31T00:00:00", search=search, horizon=5
    )
    verdict = {"code": "not_distinguishable", "skill": -0.001, "skill_against_drift": 0.002}
    levels = {level: {"coverage": int(level) / 100 - 0.0123, "mean_width": 0.05} for level in ("80", "95")}
    metrics = {
        "validation": figures(0.01801234567890123),
        "test": figures(0.0190, skill=-0.001),
        "verdict": verdict,
        "intervals": {"levels": levels},
        "n_trials": 20,
        "seeds": {"rmse": [0.0180, 0.0181, 0.0182]} if search else None,
    }
    own = {
        **{"learning_rate": 0.0001, "batch_size": 32, "dropout_rate": 0.2, "epochs": 10},
        **{"activation": "tanh", "seed": 7, "n_parameters": 12_345, "epochs_trained": 8},
        **{"source": f"csv:{symbol}.csv", **parameters},
    }
    manifest = {
        **{"symbol": symbol, "model_id": 9, "model_name": "GRU Residual Dense", "reference": "He et al."},
        **{"metrics": metrics, "parameters": own, "versions": {"python": "3.11.7", "keras": "3.15.1"}},
        "created_at": "2026-11-24T09:30:12.123456+00:00",
    }
    answer = {
        "segments": {"test": {"first": "2017-01-03", "last": "2018-12-31T00:00:00", "origins": 1_500}},
        "baselines": [
            baseline("last_value", "Last value", 0.0191),
            baseline("drift", "Drift", 0.0189),
            baseline("auto_ets", "AutoETS", None, "the optimizer\ndid not | converge"),
        ],
        "test_consulted": 3,
        "verdict": verdict,
    }
    scaler = {"target": "log_return", "columns": ["close", "volume"]}
    return Card("NVDA_9_20261124T093012123456Z", spec, manifest, scaler, answer)


def halves(card: Card) -> tuple[str, str]:
    english, portuguese = write_card(card).split("## Em português\n")
    return english, portuguese


def shown(markdown: str) -> str:
    """The text of a line of Markdown as a reader of the rendered page sees it."""
    (inline,) = [token for token in MARKDOWN.parse(markdown) if token.type == "inline"]
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    return inline.content if not inline.children else "".join(child.content for child in inline.children)


# Markdown


@given(LINES.filter(lambda text: text.strip()))
def test_text_of_somebody_elses_is_shown_as_it_is(text: str) -> None:
    assert shown(f"x {escaped(text)} x") == f"x {' '.join(text.split())} x"


@given(st.lists(st.tuples(LINES, LINES, LINES), min_size=1, max_size=5))
def test_a_table_is_aligned_and_keeps_its_cells(rows: list[tuple[str, str, str]]) -> None:
    lines = table(["a", "b", "c"], [[escaped(cell) for cell in row] for row in rows], text=2)
    assert len({len(line) for line in lines.split("\n")}) == 1
    tokens = MARKDOWN.parse(lines)
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    found = ["".join(child.content for child in cell.children or ()) for cell in cells]
    assert found == [" ".join(cell.split()) for row in rows for cell in row]
    styles = [token.attrGet("style") for token in tokens if token.type == "th_open"]
    assert styles == [None, None, "text-align:right"]


def test_a_list_names_each_fact() -> None:
    assert bullets({"Seed": "7", "Source": "csv"}) == "- **Seed**: 7\n- **Source**: csv"


# The card


def test_it_says_the_same_in_both_languages_with_the_numbers_of_each() -> None:
    english, portuguese = halves(make())
    for said, dito in (
        ("Seed**: 7", "Semente**: 7"),
        ("12,345 parameters", "12.345 parâmetros"),
        ("log return of NVDA, 5 ahead", "retorno logarítmico de NVDA, 5 à frente"),
        ("close, volume", "fechamento, volume"),
        ("| 0.0180123 |", "| 0,0180123 |"),
        ("direction at the last step is right 53.7%", "mais comum no último passo acerta 53,7%"),
        ("| 95%      |            93.8% |", "| 95%       |            93,8% |"),
        ("dropped at each: 4.", "descartadas em cada uma: 4."),
        ("test consulted 3 times", "teste consultado 3 vezes"),
        ("| Dec 31, 2018 |   1,500 |", "| 31 de dez. de 2018 |   1.500 |"),
        ("Not investment advice.", "Não é recomendação de investimento."),
        (
            "Baselines with a lower error on the test segment: Drift.",
            "Referências com erro menor no teste: Tendência média.",
        ),
        ("rows that this choice did not look at.", "linhas que esta escolha não olhou."),
        ("| Direction, last step |", "| Direção, último passo |"),
        ("AutoETS could not be fitted: the optimizer", "Não foi possível ajustar AutoETS: the optimizer"),
        ("the best of 2 architectures", "a melhor de 2 arquiteturas"),
    ):
        assert said in english
        assert dito in portuguese
    assert english.count("\n## ") == portuguese.count("\n### ") == 9
    assert write_card(make()).count("```python") == 1


def test_what_is_not_known_is_a_dash_and_no_number_is_raw() -> None:
    text = write_card(make())
    lines = [line for line in text.splitlines() if line.startswith("| AutoETS")]
    assert len(lines) == 4  # two segments, two languages
    for line in lines:
        assert {cell.strip() for cell in line.split("|")[2:-1]} == {"—"}
    for raw in ("None", "nan", "012345678901"):
        assert raw not in text


def test_a_search_says_how_it_searched_and_which_fit_was_saved() -> None:
    english, portuguese = halves(make(mode="optimized"))
    assert "optimized mode, Bayesian search, trials of this architecture: 20; fitted with 3 seeds" in english
    assert "modo otimizado, busca bayesiana, tentativas desta arquitetura: 20; ajustada com 3" in portuguese


def test_one_trained_on_all_rows_says_whose_numbers_it_shows() -> None:
    english, portuguese = halves(make(frozen_twin=3))
    assert "These are the numbers of version 3, its frozen twin" in english
    assert "Estes são os números da versão 3, sua gêmea congelada" in portuguese
    assert "frozen twin" not in write_card(make())


@pytest.mark.parametrize("symbol", ["A|B", "*a*_b_", "# x", "<b>x</b>", "`code`", "[a](b)", "a\n\n## b"])
def test_no_symbol_changes_how_the_card_renders(symbol: str) -> None:
    plain, strange = (MARKDOWN.parse(write_card(make(each))) for each in ("NVDA", symbol))
    assert [token.type for token in plain] == [token.type for token in strange]
    title = strange[1].children or []
    assert "".join(child.content for child in title) == f"GRU Residual Dense: {' '.join(symbol.split())}"


def test_the_code_is_only_of_what_the_model_reads() -> None:
    card = make()
    assert 'rows["volume"]' in write_card(card)
    scaler = {"target": "difference", "columns": ["close"]}
    english, _ = halves(replace(card, scaler=scaler))
    assert "volume" not in english
    assert "np.log" not in english
