"""The pages of results, made of the files in `docs/results/` and of nothing else.

What is said of each run is what a report says of it (`trintena.report`): the verdict's sentence, the alarm
where there is one, the evidence, in the language of the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from trintena.cli.ranking import is_fitted, ranked_by
from trintena.evaluation.verdict import SIGNIFICANCE
from trintena.language import number, phrase, speaking
from trintena.report import evidence, judgment, reasons, words
from trintena.report.alarm import alarm
from trintena.report.markdown import bullets, escaped, table

Record = Mapping[str, Any]
"""What `results.py` keeps of a run."""

FOLDER = Path(__file__).parent / "results"
NOTE = (
    "<!-- Written by docs/results.py; do not edit. `make docs` writes it anew from docs/results/*.json. -->"
)
MODES = ("fast", "optimized")


@dataclass(frozen=True)
class Series:
    """One of the series on the page."""

    symbol: str
    en: str
    pt: str


SERIES = {
    "nasdaq": Series("sample:nasdaq", "NASDAQ Composite, daily", "NASDAQ Composite, diário"),
    "sp500": Series("sample:sp500", "S&P 500, daily", "S&P 500, diário"),
    "nvda": Series("NVDA", "NVDA, daily, downloaded by the reader", "NVDA, diário, baixado por quem lê"),
}


def pages(folder: Path = FOLDER) -> dict[Path, str]:
    """The text of each page under its path."""
    records = [
        json.loads(file.read_text("utf-8"))
        for series in SERIES
        for mode in MODES
        if (file := folder / f"{series}-{mode}.json").exists()
    ]
    texts = {}
    for language, name in (("en", "results.md"), ("pt", "resultados.md")):
        with speaking(language):
            texts[FOLDER.parent / name] = page(records)
    return texts


def page(records: list[Record]) -> str:
    """The page in the language that is spoken."""
    parts = [NOTE, *_opening(), _summary(records), _by_chance(records)]
    for key in SERIES:
        own = [record for record in records if record["series"] == key]
        if own:
            parts += [f"## {_title(own[0])}", _rows_used(own[0])]
        for record in own:
            parts += _run(record)
    return "\n\n".join([*parts, *_making(records)]) + "\n"


def _opening() -> Iterator[str]:
    yield phrase(en="# Results", pt="# Resultados")
    yield phrase(en="*Em português: [Resultados](resultados.md).*", pt="*In English: [Results](results.md).*")
    yield phrase(
        en="All thirty architectures on three long series of daily prices, in both modes, beside the "
        "forecasts that anybody can make. Validation chooses the champion; the test segment, which nothing "
        "was chosen on, judges it ([how](judging.md)). `make results` makes this page, with every figure on "
        "it.",
        pt="As trinta arquiteturas em três séries longas de preços diários, nos dois modos, ao lado das "
        "previsões que qualquer um pode fazer. A validação escolhe o campeão; o teste, que não serviu para "
        "escolher nada, o julga ([como](como-julgamos.md)). `make results` faz esta página, com todos os "
        "seus números.",
    )
    yield words.notice("price")


def _summary(records: list[Record]) -> str:
    heads = [
        phrase(en="Series", pt="Série"),
        phrase(en="Mode", pt="Modo"),
        phrase(en="Champion", pt="Campeão"),
        phrase(en="Verdict", pt="Veredito"),
        phrase(en="Validation skill", pt="Ganho na validação"),
        phrase(en="Test skill", pt="Ganho no teste"),
        phrase(en="Against drift", pt="Contra a tendência média"),
        phrase(en="90% bands held", pt="Bandas de 90% contiveram"),
    ]
    return table(heads, [_summary_row(record) for record in records], text=4)


def _by_chance(records: list[Record]) -> str:
    """How many of so many verdicts chance alone would give."""
    n, share = len(records), number(SIGNIFICANCE, ".0%")
    n_beats = sum(record["verdict"]["code"] == "beats_last_value" for record in records)
    return phrase(
        en=f"Runs that beat the last value: {n_beats} of {n}. Where there is nothing to find, a verdict "
        f"says so in up to {share} of cases all the same, and runs on the same test segment share luck: "
        "among a few runs one such verdict may be chance.",
        pt=f"Treinos que superam o último valor: {n_beats} de {n}. Onde não há nada a encontrar, um "
        f"veredito ainda diz isso em até {share} dos casos, e treinos no mesmo teste dividem a sorte: entre "
        "poucos treinos, um veredito desses pode ser acaso.",
    )


def _summary_row(record: Record) -> list[str]:
    told, first = record["verdict"], _board(record)[0]
    said = phrase(en="not distinguishable from the last value", pt="não se distingue do último valor")
    if told["code"] == "beats_last_value":
        said = phrase(en="beats the last value", pt="supera o último valor")
    elif judgment.is_worse(told):
        said = phrase(en="worse than the last value", pt="pior que o último valor")
    if told["suspect_leakage"]:
        said += phrase(en="; alarm", pt="; alarme")
    return [
        escaped(phrase(en=SERIES[record["series"]].en, pt=SERIES[record["series"]].pt).partition(",")[0]),
        _mode(record),
        first["model_name"],
        said,
        *(number(told[key], words.SIGNED) for key in ("validation_skill", "skill", "skill_against_drift")),
        number(record["intervals"]["model"]["levels"]["90"]["coverage"], ".1%"),
    ]


def _mode(record: Record) -> str:
    fast = record["mode"] == "fast"
    return phrase(en="fast", pt="rápido") if fast else phrase(en="optimized", pt="otimizado")


def _title(record: Record) -> str:
    """The name with the years that were used."""
    first, last = (
        str(record["segments"][name][end])[:4] for name, end in (("train", "first"), ("test", "last"))
    )
    known = SERIES[record["series"]]
    name, rhythm, *more = phrase(en=known.en, pt=known.pt).split(", ")
    years = phrase(en=f"{first} to {last}", pt=f"{first} a {last}")
    return ", ".join([escaped(name), rhythm, years, *more])


def _rows_used(record: Record) -> str:
    told = [
        (words.segment(name), about)
        for name, about in record["segments"].items()
        if name in ("train", "validation", "calibration", "test")
    ]
    rows = [
        [name, *(words.day(about[end]) for end in ("first", "last")), number(about["origins"])]
        for name, about in told
    ]
    heads = [
        phrase(en="Segment", pt="Segmento"),
        phrase(en="First day forecast", pt="Primeiro dia previsto"),
        phrase(en="Last day forecast", pt="Último dia previsto"),
        phrase(en="Origins", pt="Origens"),
    ]
    return table(heads, rows, text=3)


def _run(record: Record) -> Iterator[str]:
    """One mode on one series: the verdict, what it rests on, the board, the intervals."""
    mode, known = _mode(record), SERIES[record["series"]]
    name = phrase(en=known.en, pt=known.pt).partition(",")[0]
    yield phrase(en=f"### {escaped(name)}, {mode} mode", pt=f"### {escaped(name)}, modo {mode}")
    winner = _board(record)[0]["model_name"]
    said = judgment.of_answer(record)
    yield f"{phrase(en='Champion', pt='Campeão')}: **{winner}**. {said}"
    if warning := alarm(record["verdict"]):
        yield f"**{warning}** {_looked_for()}"
    yield bullets(evidence.evidence(record))
    yield _ranking(record)
    if failed := [row for row in _rows(record) if row["rank"] is None and row["reason"]]:
        told = ((f"{row['model_id']} {row['model_name']}", reasons.told(row["reason"])) for row in failed)
        yield phrase(en="Not ranked:", pt="Fora da classificação:")
        yield bullets((name, escaped(reason)) for name, reason in told)
    yield _intervals(record)


def _looked_for() -> str:
    """What stands beside an alarm: how much of the search that it asks for a test has made."""
    link = "[tests/controls](../tests/controls/test_future_poison.py)"
    return phrase(
        en=f"The program itself lets nothing of the future through: a test ({link}) replaces every price "
        "from a border on, and nothing before the border changes by a bit. Whether the data holds something "
        "of the future, that test cannot tell.",
        pt=f"O próprio programa não deixa passar nada do futuro: um teste ({link}) troca todos os preços a "
        "partir de uma fronteira, e nada antes dela muda um bit. Se os dados trazem algo do futuro, esse "
        "teste não sabe dizer.",
    )


def _rows(record: Record) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = record.get("all_results") or record["results"]
    return rows


def _board(record: Record) -> list[dict[str, Any]]:
    """The ranked architectures."""
    return [row for row in _rows(record) if row["rank"] is not None]


def _ranking(record: Record) -> str:
    """Architectures and baselines in one ranking by validation RMSE."""
    searched = "all_results" in record
    ranked = _board(record)
    fitted = [row for row in ranked if is_fitted(row)] if searched else ranked
    # A row that was not fitted again has the flattering figure of its search: it stands below all others.
    only_searched = [row for row in ranked if searched and not is_fitted(row)]
    baselines = [
        {**row, "rmse": row["validation_rmse"]}
        for row in record["baselines"]
        if row["validation_rmse"] is not None
    ]
    order = sorted([*fitted, *baselines], key=ranked_by) + sorted(only_searched, key=ranked_by)
    heads = [
        "#",
        phrase(en="Model", pt="Modelo"),
        phrase(en="Selection (validation RMSE)", pt="Seleção (RMSE de validação)"),
        phrase(en="Test RMSE", pt="RMSE no teste"),
        phrase(en="Test skill", pt="Ganho no teste"),
        phrase(en="Against drift", pt="Contra a tendência média"),
        words.direction(record["horizon"]),
        "p",
    ]
    lines = [table(heads, [_ranking_row(row, row in only_searched) for row in order], text=2)]
    share = number(baselines[0]["test_majority_share"], ".1%")
    at = words.at_last_step(record["horizon"])
    lines.append(
        phrase(
            en=f"Skill is 1 - RMSE / RMSE of the last value. Direction is right that often{at}; always "
            f"naming the commoner one is right {share} of the time; p is of Pesaran and Timmermann.",
            pt=f"Ganho é 1 - RMSE / RMSE do último valor. A direção é certa nessa parte das vezes{at}; "
            f"dizer sempre a mais comum acerta {share} das vezes, e p é o de Pesaran e Timmermann.",
        )
    )
    if only_searched:
        lines.append(
            phrase(
                en="Rows with * were not fitted again within the budget: their figure is that of the search, "
                "which flatters, and they were not judged.",
                pt="As linhas com * não foram treinadas de novo dentro do orçamento: seu número é o da "
                "busca, que lisonjeia, e elas não foram julgadas.",
            )
        )
    return "\n\n".join(lines)


def _ranking_row(row: Mapping[str, Any], only_searched: bool) -> list[str]:
    is_baseline = "key" in row
    name = (
        words.baseline(row["key"], row["name"]) if is_baseline else f"{row['model_id']} {row['model_name']}"
    )
    p, right = row["test_direction_p"], row["test_directional_accuracy"]
    return [
        "·" if is_baseline else str(row["rank"]),
        f"*{name}*" if is_baseline else name,
        words.rmse(ranked_by(dict(row))) + (" \\*" if only_searched else ""),
        words.rmse(row["test_rmse"]),
        number(row["skill"], words.SIGNED),
        number(row["skill_against_drift"], words.SIGNED),
        number(right, ".1%"),
        words.p_in_a_cell(p),
    ]


def _intervals(record: Record) -> str:
    """How the bands did, beside those around the last value."""
    heads = [
        phrase(en="Bands", pt="Bandas"),
        phrase(en="Held", pt="Contiveram"),
        phrase(en="Held, without adapting", pt="Contiveram, sem adaptação"),
        phrase(en="Mean width", pt="Largura média"),
        phrase(en="Winkler score", pt="Escore de Winkler"),
        phrase(en="Held, around the last value", pt="Contiveram, em torno do último valor"),
        phrase(en="Winkler score, last value", pt="Escore de Winkler, último valor"),
    ]
    model, last = (record["intervals"][who]["levels"] for who in ("model", "last_value"))
    rows = [
        [
            f"{level}%",
            number(own["coverage"], ".1%"),
            number(own["split_coverage"], ".1%"),
            number(own["mean_width"], ".4f"),
            number(own["winkler"], ".4f"),
            number(last[level]["coverage"], ".1%"),
            number(last[level]["winkler"], ".4f"),
        ]
        for level, own in model.items()
    ]
    return table(heads, rows)


def _making(records: list[Record]) -> Iterator[str]:
    yield phrase(en="## How they were made", pt="## Como foram feitos")
    yield '```sh\nmake results\nmake results RESULTS="--nvda-csv NVDA.csv"\n```'
    lookback, horizon, seed = (_common(records, name) for name in ("lookback", "horizon", "seed"))
    yield phrase(
        en="The first line fetches NVDA from Yahoo Finance, the second reads it from a file of yours; the "
        f"samples come with the installation. Every run takes the whole series, windows of {lookback} rows, "
        f"{horizon} row ahead, the usual features, target and split, seed {seed}. Searches are random, "
        "with a budget: what one finds depends on how fast the machine is, and NVDA on the day of download.",
        pt="A primeira linha busca a NVDA no Yahoo Finance, a segunda a lê de um arquivo seu; as amostras "
        f"vêm com a instalação. Cada treino usa a série inteira, janelas de {lookback} linhas, {horizon} "
        f"linha à frente, as entradas, o alvo e a divisão usuais, semente {seed}. As buscas são aleatórias, "
        "com um orçamento de tempo: o que uma encontra depende da velocidade da máquina, e a NVDA, do dia em "
        "que foi baixada.",
    )
    heads = [
        phrase(en="Run", pt="Treino"),
        phrase(en="Made on", pt="Feito em"),
        phrase(en="Commit", pt="Commit"),
        phrase(en="Dataset", pt="Dados"),
        phrase(en="Search", pt="Busca"),
        phrase(en="Versions", pt="Versões"),
    ]
    yield table(heads, [_made(record) for record in records], text=len(heads))


def _common(records: list[Record], name: str) -> str:
    """What all runs share."""
    return ", ".join(sorted({str(record[name]) for record in records}))


def _made(record: Record) -> list[str]:
    cores = number(record["cores"])
    search = words.NOTHING
    if "all_results" in record:
        trials = number(sum(record["trial_counts"].values()))
        kind, span = words.strategy(record["optimization_strategy"]), words.span(record["budget_s"])
        search = phrase(
            en=f"{kind}, {span} on {cores} cores: {trials} trials",
            pt=f"{kind}, {span} em {cores} núcleos: {trials} tentativas",
        )
    versions = {"Python": record["python"], **record["versions"]}
    return [
        f"{record['series']}-{record['mode']}",
        words.day(datetime.fromisoformat(record["date"])),
        f"`{record['commit']}`",
        f"`{record['dataset_hash'][:12]}`",
        search,
        ", ".join(f"{name} {number_}" for name, number_ in versions.items()),
    ]
