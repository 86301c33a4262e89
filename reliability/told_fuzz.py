"""The parts of the page on made-up requests and on damaged files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reliability.csv_files.judge import BYTES, SECONDS
from reliability.told import Record, faults, made, missing
from trintena.language import number, phrase
from trintena.report.markdown import table


def requests(record: Record | None) -> Iterator[str]:
    """What came of made-up requests."""
    yield phrase(en="## Requests that a program makes up", pt="## Pedidos que um programa inventa")
    yield phrase(
        en="[Schemathesis](https://schemathesis.readthedocs.io) reads the description of the API and "
        "makes up requests, those that fit it and those that do not, against a running server with its "
        "worker. All of its checks are on: no fault of the server, no status, header or body unlike the "
        "description. It knows numbers and names that are really there, and sends files of every format. "
        "Afterwards every process of the start has to be alive, the queue has to empty itself, and a "
        "training has to succeed.",
        pt="O [Schemathesis](https://schemathesis.readthedocs.io) lê a descrição da API e inventa "
        "pedidos, dos que cabem nela e dos que não, contra um servidor no ar com seu processo de "
        "treinos. Todas as suas verificações valem: nenhuma falha do servidor, nenhum status, cabeçalho "
        "ou corpo diferente da descrição. Ele conhece números e nomes que existem de fato, e envia "
        "arquivos de todos os formatos. Depois, cada processo do início tem de estar vivo, a fila tem de "
        "se esvaziar e um treino tem de dar certo.",
    )
    if record is None:
        yield missing("make fuzz")
        return
    runs = record["runs"]
    n, n_faults = (sum(run[key] for run in runs) for key in ("n", "n_faults"))
    yield phrase(
        en=f"**{number(n)} requests, {faults(n_faults)}.** The slowest answer took "
        f"{number(max(run['slowest_s'] for run in runs), '.1f')} s.",
        pt=f"**{number(n)} pedidos, {faults(n_faults)}.** A resposta mais lenta levou "
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
    yield made("fuzz_api", runs)


def _route(route: str) -> str:
    return f"`{route}`" if "/" in route else phrase(en="with another method", pt="com outro método")


def _class_name(name: str) -> str:
    return name if name != "no answer" else phrase(en="no answer", pt="sem resposta")


def files(record: Record | None) -> Iterator[str]:
    """What came of damaged files."""
    yield phrase(en="## Files of prices, damaged", pt="## Arquivos de preços, danificados")
    yield phrase(
        en="Made-up files in every format that is found in the wild, of one row up to 5 MB, most of them "
        "damaged: bits flipped, bytes lost, lines twice, columns gone, two conventions in one file, "
        "cells of a million letters. Each is read by a process of its own that may take "
        f"{number(SECONDS, 'g')} s of a processor and {number(BYTES / 1e6, ',.0f')} MB. What they say is "
        "known, and a judge that shares no line with the reader compares: a file that still means the "
        "same is read to the last digit; of a damaged one, every row that is whole is read exactly, "
        "every number that was read stands in a cell, and what was dropped is told. Otherwise it is "
        "refused with a reason and a remedy.",
        pt="Arquivos inventados em todos os formatos que se encontram por aí, de uma linha a 5 MB, a "
        "maioria danificada: bits trocados, bytes perdidos, linhas em dobro, colunas que sumiram, duas "
        "convenções num arquivo, células de um milhão de letras. Cada um é lido por um processo próprio, "
        f"que pode levar {number(SECONDS, 'g')} s de processador e {number(BYTES / 1e6, ',.0f')} MB. O "
        "que dizem é sabido, e um juiz que não divide uma linha com o leitor compara: o arquivo que "
        "ainda diz o mesmo é lido até o último dígito; do danificado, cada linha inteira é lida "
        "exatamente, cada número lido está numa célula, e o que se descartou é dito. Senão, é recusado "
        "com motivo e remédio.",
    )
    if record is None:
        yield missing("make fuzz")
        return
    runs = record["runs"]
    n, n_faults, n_large = (sum(run[key] for run in runs) for key in ("n", "n_faults", "n_large"))
    slow, clock, peak = (
        max(run[key] for run in runs) for key in ("slowest_cpu_s", "slowest_s", "peak_bytes")
    )
    yield phrase(
        en=f"**{number(n)} files, {faults(n_faults)}**; {number(n_large)} of them were of 5 MB. The "
        f"slowest took {number(slow, '.2f')} s of a processor and the longest {number(clock, '.2f')} s by "
        f"the clock; the most memory was {number(peak / 1e6, ',.0f')} MB.",
        pt=f"**{number(n)} arquivos, {faults(n_faults)}**; {number(n_large)} deles de 5 MB. O mais lento "
        f"levou {number(slow, '.2f')} s de processador, e o mais demorado {number(clock, '.2f')} s no "
        f"relógio; o máximo de memória foi {number(peak / 1e6, ',.0f')} MB.",
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
        told = "; ".join(_through(name, count) for name, count in sorted(doors.items()))
        yield phrase(
            en=f"Some went through the doors that people use, with the same outcome: {told}.",
            pt=f"Alguns passaram pelas portas que as pessoas usam, com o mesmo resultado: {told}.",
        )
    yield made("fuzz_csv", runs)


def _through(name: str, count: int) -> str:
    """How many files came out of a door in one way, such as `POST /api/datasets, 200`."""
    door, _, outcome = name.partition(", ")
    outcome = phrase(en=outcome, pt=outcome.replace("exit code", "código de saída"))
    return f"`{door}`, {outcome}: {number(count)}"
