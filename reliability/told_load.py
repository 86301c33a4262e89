"""The parts of the page on the hour under load and on the fault drill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reliability import pictures
from reliability.told import Record, faults, made, missing
from trintena.language import number, phrase
from trintena.report.markdown import escaped, table

PICTURES = {
    "memory": (pictures.memory, "memoria"),
    "descriptors": (pictures.descriptors, "descritores"),
    "latencies": (pictures.latencies, "tempos"),
}
"""What is drawn, and its name in Portuguese."""


def picture_name(key: str) -> str:
    """The file of a picture, in the language that is spoken."""
    return phrase(en=f"soak-{key}.svg", pt=f"carga-{PICTURES[key][1]}.svg")


def load(record: Record | None) -> Iterator[str]:
    """What came of the hour under load."""
    yield phrase(en="## Under load", pt="## Sob carga")
    yield phrase(
        en="Trainings one after another, a quarter of them cancelled at a random moment; twenty "
        "forecasts a second, each asked for when it is due, whether or not the earlier ones have been "
        "answered; fifty streams of events held open and opened again. Every ten seconds memory, "
        "descriptors and threads of every process are read. Nothing may grow, and the last tenth may not "
        "be slower than the first.",
        pt="Treinos um atrás do outro, um quarto deles cancelado num momento qualquer; vinte previsões "
        "por segundo, cada uma pedida na sua hora, tenham as anteriores sido respondidas ou não; "
        "cinquenta fluxos de eventos mantidos abertos e reabertos. A cada dez segundos se leem memória, "
        "descritores e threads de cada processo. Nada pode crescer, e o último décimo não pode ser mais "
        "lento que o primeiro.",
    )
    if record is None:
        yield missing("make soak")
        return
    run = record["runs"][-1]
    counts = Counter(run["counts"])
    yield phrase(
        en=f"**{number(run['minutes'], 'g')} minutes, {faults(run['n_faults'])}**: "
        f"{number(counts['experiments'])} trainings, {number(counts['experiments cancelled'])} of them "
        f"cancelled, {number(counts['forecasts'])} forecasts, {number(counts['streams'])} streams with "
        f"{number(counts['events'])} events.",
        pt=f"**{number(run['minutes'], 'g')} minutos, {faults(run['n_faults'])}**: "
        f"{number(counts['experiments'])} treinos, {number(counts['experiments cancelled'])} deles "
        f"cancelados, {number(counts['forecasts'])} previsões, {number(counts['streams'])} fluxos com "
        f"{number(counts['events'])} eventos.",
    )
    yield _checks(run["checks"])
    for key in PICTURES:
        title = {
            "memory": phrase(en="Memory over time", pt="Memória ao longo do tempo"),
            "descriptors": phrase(en="Descriptors over time", pt="Descritores ao longo do tempo"),
            "latencies": phrase(en="Forecasts over time", pt="Previsões ao longo do tempo"),
        }[key]
        yield f"![{title}]({picture_name(key)})"
    yield made("soak", record["runs"])


def _checks(checks: Sequence[Record]) -> str:
    heads = [
        "",
        phrase(en="Process", pt="Processo"),
        phrase(en="at first", pt="no início"),
        phrase(en="at last", pt="no fim"),
        phrase(en="may be", pt="pode ser"),
        phrase(en="held", pt="cumprido"),
    ]
    return table(heads, [_check(check) for check in checks], text=2)


def _check(check: Record) -> list[str]:
    names = {
        "memory": phrase(en="memory, MB", pt="memória, MB"),
        "descriptors": phrase(en="descriptors", pt="descritores"),
        "threads": "threads",
        "latency": phrase(en="95 of 100 answers within, ms", pt="95 de 100 respostas em, ms"),
    }
    scale = {"memory": 1e-6, "latency": 1e3}.get(check["what"], 1.0)
    figures = (number(check[key] * scale, ",.1f") for key in ("first", "last", "limit"))
    held = phrase(en="yes", pt="sim") if check["held"] else phrase(en="**no**", pt="**não**")
    return [names[check["what"]], pictures.role_name(check["role"]), *figures, held]


def drill(record: Record | None) -> Iterator[str]:
    """What came of faults brought about on purpose."""
    yield phrase(en="## The fault drill", pt="## O simulado de falhas")
    if record is None:
        yield missing("make drill")
        return
    runs, rows = record["runs"], record["rows"]
    n, n_held = (sum(row[key] for row in rows) for key in ("n", "n_held"))
    yield phrase(
        en=f"Faults brought about on purpose, and what has to hold: **{number(n_held)} of {number(n)}** "
        "held.",
        pt=f"Falhas provocadas de propósito, e o que tem de valer: **{number(n_held)} de {number(n)}** "
        "valeram.",
    )
    heads = [
        phrase(en="Fault", pt="Falha"),
        phrase(en="What has to hold", pt="O que tem de valer"),
        phrase(en="held", pt="valeu"),
    ]
    yield table(
        heads,
        [
            [
                escaped(phrase(en=row["fault"]["en"], pt=row["fault"]["pt"])),
                escaped(phrase(en=row["expected"]["en"], pt=row["expected"]["pt"])),
                phrase(
                    en=f"{number(row['n_held'])} of {number(row['n'])}",
                    pt=f"{number(row['n_held'])} de {number(row['n'])}",
                ),
            ]
            for row in rows
        ],
        text=2,
    )
    yield made("make drill", runs)
