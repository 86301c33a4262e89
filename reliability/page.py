"""The page of reliability, `docs/reliability.md`, in two languages: what the recorded runs say, and nothing else.

    python -m reliability.page           # write the pages and the pictures of the records
    python -m reliability.page --check   # fail when one of them says something else

A record that is missing is said to be missing. Every figure is one of a record, or a sum of some.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reliability import pictures
from reliability.csv_files.judge import BYTES, SECONDS
from reliability.record import FOLDER
from trintena.language import number, phrase, span, speaking
from trintena.report.markdown import escaped, table

DOCS = FOLDER.parent / "docs"
PAGES = {"en": "reliability.md", "pt": "confiabilidade.md"}
RECORDS = ("fuzz_api", "fuzz_csv", "soak", "drill")
NOTE = "<!-- Written by reliability/page.py; do not edit. `make docs` writes it anew from reliability/*.json. -->"
_PICTURES = {
    "memory": (pictures.memory, "memoria"),
    "descriptors": (pictures.descriptors, "descritores"),
    "latencies": (pictures.latencies, "tempos"),
}
"""What is drawn, and its name in Portuguese."""

Record = Mapping[str, Any]


def written(folder: Path = FOLDER, docs: Path = DOCS) -> dict[Path, str]:
    """The text of every page and picture under its path."""
    records = {
        name: json.loads(file.read_text("utf-8"))
        for name in RECORDS
        if (file := folder / f"{name}.json").exists()
    }
    texts = {}
    for language, name in PAGES.items():
        with speaking(language):
            texts[docs / name] = "\n\n".join(_page(records)) + "\n"
            if "soak" in records:
                course = records["soak"]["runs"][-1]["course"]
                for key, (draw, _) in _PICTURES.items():
                    texts[docs / _picture_name(key)] = draw(course)
    return texts


def _page(records: Mapping[str, Record]) -> Iterator[str]:
    yield NOTE
    yield phrase(en="# Reliability", pt="# Confiabilidade")
    yield phrase(
        en="*Em português: [Confiabilidade](confiabilidade.md).*",
        pt="*In English: [Reliability](reliability.md).*",
    )
    yield phrase(
        en="What Trintena was put through, and what came of it. Each part is a command that anyone can repeat, "
        "in one run or in several with other seeds; this page is made of what the runs recorded. `make docs` writes "
        "it anew.",
        pt="O que se fez o Trintena aguentar, e no que deu. Cada parte é um comando que qualquer um pode repetir, "
        "de uma vez ou aos poucos com outras sementes; esta página sai do que as execuções registraram. `make docs` "
        "a escreve de novo.",
    )
    yield from _requests(records.get("fuzz_api"))
    yield from _files(records.get("fuzz_csv"))
    yield from _load(records.get("soak"))
    yield from _drill(records.get("drill"))


def _missing(command: str) -> str:
    return phrase(
        en=f"Not recorded yet: `{command}` makes the record.",
        pt=f"Ainda sem registro: `{command}` faz o registro.",
    )


# Requests


def _requests(record: Record | None) -> Iterator[str]:
    yield phrase(en="## Requests that a program makes up", pt="## Pedidos que um programa inventa")
    yield phrase(
        en="[Schemathesis](https://schemathesis.readthedocs.io) reads the description of the API and makes up requests, "
        "those that fit it and those that do not, against a running server with its worker. All of its checks are on: "
        "no fault of the server, no status, header or body unlike the description. It knows numbers and names that are "
        "really there, and sends files of every format. Afterwards every process of the start has to be alive, the "
        "queue has to empty itself, and a training has to succeed.",
        pt="O [Schemathesis](https://schemathesis.readthedocs.io) lê a descrição da API e inventa pedidos, dos que "
        "cabem nela e dos que não, contra um servidor no ar com seu processo de treinos. Todas as suas verificações "
        "valem: nenhuma falha do servidor, nenhum status, cabeçalho ou corpo diferente da descrição. Ele conhece "
        "números e nomes que existem de fato, e envia arquivos de todos os formatos. Depois, cada processo do início "
        "tem de estar vivo, a fila tem de se esvaziar e um treino tem de dar certo.",
    )
    if record is None:
        yield _missing("make fuzz")
        return
    runs = record["runs"]
    n, n_faults = (sum(run[key] for run in runs) for key in ("n", "n_faults"))
    yield phrase(
        en=f"**{number(n)} requests, {_faults(n_faults)}.** The slowest answer took "
        f"{number(max(run['slowest_s'] for run in runs), '.1f')} s.",
        pt=f"**{number(n)} pedidos, {_faults(n_faults)}.** A resposta mais lenta levou "
        f"{number(max(run['slowest_s'] for run in runs), '.1f')} s.",
    )
    routes: dict[str, Counter[str]] = {}
    for run in runs:
        for route, counts in run["routes"].items():
            routes.setdefault(route, Counter()).update(counts)
    classes = sorted({name for counts in routes.values() for name in counts})
    heads = [phrase(en="Route", pt="Rota"), *(_class_name(name) for name in classes)]
    yield table(
        heads,
        [
            [_route(route), *(number(counts[name]) for name in classes)]
            for route, counts in sorted(routes.items())
        ],
    )
    yield _made("fuzz_api", runs)


def _route(route: str) -> str:
    return f"`{route}`" if "/" in route else phrase(en="with another method", pt="com outro método")


def _class_name(name: str) -> str:
    return name if name != "no answer" else phrase(en="no answer", pt="sem resposta")


def _faults(n: int) -> str:
    if not n:
        return phrase(en="no fault", pt="nenhuma falha")
    return f"{number(n)} " + phrase(en="fault" if n == 1 else "faults", pt="falha" if n == 1 else "falhas")


# Files


def _files(record: Record | None) -> Iterator[str]:
    yield phrase(en="## Files of prices, damaged", pt="## Arquivos de preços, danificados")
    yield phrase(
        en="Made-up files in every format that is found in the wild, of one row up to 5 MB, most of them damaged: bits "
        "flipped, bytes lost, lines twice, columns gone, two conventions in one file, cells of a million letters. Each "
        f"is read by a process of its own that may take {number(SECONDS, 'g')} s of a processor and "
        f"{number(BYTES / 1e6, ',.0f')} MB. What they say is known, and a judge that shares no line with the reader "
        "compares: a file that still means the same is read to the last digit; of a damaged one, every row that is "
        "whole is read exactly, every number that was read stands in a cell, and what was dropped is told. Otherwise "
        "it is refused with a reason and a remedy.",
        pt="Arquivos inventados em todos os formatos que se encontram por aí, de uma linha a 5 MB, a maioria danificada: "
        "bits trocados, bytes perdidos, linhas em dobro, colunas que sumiram, duas convenções num arquivo, células de "
        f"um milhão de letras. Cada um é lido por um processo próprio, que pode levar {number(SECONDS, 'g')} s de "
        f"processador e {number(BYTES / 1e6, ',.0f')} MB. O que dizem é sabido, e um juiz que não divide uma linha com "
        "o leitor compara: o arquivo que ainda diz o mesmo é lido até o último dígito; do danificado, cada linha "
        "inteira é lida exatamente, cada número lido está numa célula, e o que se descartou é dito. Senão, é recusado "
        "com motivo e remédio.",
    )
    if record is None:
        yield _missing("make fuzz")
        return
    runs = record["runs"]
    n, n_faults, n_large = (sum(run[key] for run in runs) for key in ("n", "n_faults", "n_large"))
    slow, clock, peak = (
        max(run[key] for run in runs) for key in ("slowest_cpu_s", "slowest_s", "peak_bytes")
    )
    yield phrase(
        en=f"**{number(n)} files, {_faults(n_faults)}**; {number(n_large)} of them were of 5 MB. The slowest took "
        f"{number(slow, '.2f')} s of a processor and the longest {number(clock, '.2f')} s by the clock; the most memory "
        f"was {number(peak / 1e6, ',.0f')} MB.",
        pt=f"**{number(n)} arquivos, {_faults(n_faults)}**; {number(n_large)} deles de 5 MB. O mais lento levou "
        f"{number(slow, '.2f')} s de processador, e o mais demorado {number(clock, '.2f')} s no relógio; o máximo de "
        f"memória foi {number(peak / 1e6, ',.0f')} MB.",
    )
    by_mutation: dict[str, Counter[str]] = {}
    for run in runs:
        for name, counts in run["by_mutation"].items():
            by_mutation.setdefault(name, Counter()).update(counts)
    heads = [
        phrase(en="Done to the file", pt="O que se fez ao arquivo"),
        phrase(en="read", pt="lidos"),
        phrase(en="refused", pt="recusados"),
    ]
    yield table(
        heads,
        [
            [f"`{name}`", number(counts["read"]), number(counts["refused"])]
            for name, counts in sorted(by_mutation.items())
        ],
    )
    doors = Counter[str]()
    for run in runs:
        doors.update(run["surfaces"])
    if doors:
        told = ", ".join(f"`{name}`: {number(count)}" for name, count in sorted(doors.items()))
        yield phrase(
            en=f"Some went through the doors that people use, with the same outcome: {told}.",
            pt=f"Alguns passaram pelas portas que as pessoas usam, com o mesmo resultado: {told}.",
        )
    yield _made("fuzz_csv", runs)


# Load


def _load(record: Record | None) -> Iterator[str]:
    yield phrase(en="## Under load", pt="## Sob carga")
    yield phrase(
        en="Trainings one after another, a quarter of them cancelled at a random moment; twenty forecasts a second, each "
        "asked for when it is due, whether or not the earlier ones have been answered; fifty streams of events held open "
        "and opened again. Every ten seconds memory, descriptors and threads of every process are read. Nothing may "
        "grow, and the last tenth may not be slower than the first.",
        pt="Treinos um atrás do outro, um quarto deles cancelado num momento qualquer; vinte previsões por segundo, cada "
        "uma pedida na sua hora, tenham as anteriores sido respondidas ou não; cinquenta fluxos de eventos mantidos "
        "abertos e reabertos. A cada dez segundos se leem memória, descritores e threads de cada processo. Nada pode "
        "crescer, e o último décimo não pode ser mais lento que o primeiro.",
    )
    if record is None:
        yield _missing("make soak")
        return
    run = record["runs"][-1]
    counts = Counter(run["counts"])
    yield phrase(
        en=f"**{number(run['minutes'], 'g')} minutes, {_faults(run['n_faults'])}**: {number(counts['experiments'])} "
        f"trainings, {number(counts['experiments cancelled'])} of them cancelled, {number(counts['forecasts'])} "
        f"forecasts, {number(counts['streams'])} streams with {number(counts['events'])} events.",
        pt=f"**{number(run['minutes'], 'g')} minutos, {_faults(run['n_faults'])}**: {number(counts['experiments'])} "
        f"treinos, {number(counts['experiments cancelled'])} deles cancelados, {number(counts['forecasts'])} previsões, "
        f"{number(counts['streams'])} fluxos com {number(counts['events'])} eventos.",
    )
    yield _checks(run["checks"])
    for key in _PICTURES:
        title = {
            "memory": phrase(en="Memory over time", pt="Memória ao longo do tempo"),
            "descriptors": phrase(en="Descriptors over time", pt="Descritores ao longo do tempo"),
            "latencies": phrase(en="Forecasts over time", pt="Previsões ao longo do tempo"),
        }[key]
        yield f"![{title}]({_picture_name(key)})"
    yield _made("soak", record["runs"])


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


def _picture_name(key: str) -> str:
    return phrase(en=f"soak-{key}.svg", pt=f"carga-{_PICTURES[key][1]}.svg")


# Faults on purpose


def _drill(record: Record | None) -> Iterator[str]:
    yield phrase(en="## The fault drill", pt="## O simulado de falhas")
    if record is None:
        yield _missing("make drill")
        return
    runs, rows = record["runs"], record["rows"]
    n, n_held = (sum(row[key] for row in rows) for key in ("n", "n_held"))
    yield phrase(
        en=f"Faults brought about on purpose, and what has to hold: **{number(n_held)} of {number(n)}** held.",
        pt=f"Falhas provocadas de propósito, e o que tem de valer: **{number(n_held)} de {number(n)}** valeram.",
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
    yield _made("drill", runs)


# Where it comes from


def _made(name: str, runs: Sequence[Record]) -> str:
    """When, where and of what commit the runs of a record were."""
    lines = []
    for run in runs:
        on = run["machine"]
        where = (
            on
            if isinstance(on, str)
            else f"{on['cpu']}, {on['cores']} cores, {on['system']}, Python {on['python']}"
        )
        if not isinstance(on, str):
            where = phrase(en=where, pt=where.replace(" cores,", " núcleos,"))
        lines.append(
            phrase(
                en=f"- `{name}`, seed {run['seed']}: {run['date']}, commit {run['commit']}, {span(run['seconds'])}, {where}",
                pt=f"- `{name}`, semente {run['seed']}: {run['date']}, commit {run['commit']}, "
                f"{span(run['seconds'])}, {where}",
            )
        )
    return "\n".join(lines)


def main() -> int:
    """Write the pages, or say which are stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    options = parser.parse_args()
    texts = written()
    if not options.check:
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        return 0
    stale = [
        path.name for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if stale:
        print(f"Stale in docs/: {', '.join(stale)}. Run `make docs` and commit what it wrote.")
        return 1
    print(f"{len(texts)} pages and pictures of reliability are current.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
