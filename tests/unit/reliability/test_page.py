"""The pages say what the records hold, in both languages, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reliability import record
from reliability.page import PAGES, written

MADE = {
    "date": "2026-11-28",
    "commit": "abc",
    "machine": {"cpu": "CPU", "cores": 2, "memory_gib": 8, "system": "Linux", "python": "3.12.1"},
    "seconds": 120.0,
    "n_faults": 0,
}
CSV = {
    **MADE,
    "n": 5000,
    "n_large": 150,
    "slowest_cpu_s": 1.25,
    "slowest_s": 1.5,
    "peak_bytes": 210_000_000,
    "by_mutation": {"cut off": {"read": 3, "refused": 1200}},
    "surfaces": {"POST /api/datasets, 200": 17},
}
API = {**MADE, "seed": 0, "n": 9000, "slowest_s": 2.0, "routes": {"GET /healthz": {"2xx": 1234, "4xx": 5}}}
COURSE = [
    {"minute": at, "n": 1200, "p95_s": 0.02, "median_s": 0.01, "server": {"n": 1, "rss": 10**8, "fds": 50}}
    for at in (1, 2)
]
SOAK = {
    **MADE,
    "seed": 0,
    "minutes": 60.0,
    "counts": {"experiments": 321, "experiments cancelled": 80, "forecasts": 72_000, "streams": 50},
    "checks": [
        {"what": "memory", "role": "server", "first": 1e8, "last": 1.1e8, "limit": 1.24e8, "held": True},
        {"what": "latency", "role": "forecasts", "first": 0.01, "last": 0.05, "limit": 0.02, "held": False},
    ],
    "course": COURSE,
}
FAULT = {"en": "The disk is *full*", "pt": "Disco cheio"}
DRILL = {
    "rows": [
        {"fault": FAULT, "expected": {"en": "said", "pt": "dito"}, "n": 20, "n_held": 19, "failures": []}
    ],
    "runs": [{**MADE, "machine": "a machine", "seed": 0}],
}


def texts(folder: Path) -> dict[str, str]:
    return {path.name: text for path, text in written(folder, folder).items()}


def test_what_is_not_recorded_is_said(tmp_path: Path) -> None:
    pages = texts(tmp_path)
    assert set(pages) == set(PAGES.values())
    assert pages["reliability.md"].count("Not recorded yet") == 4
    assert pages["confiabilidade.md"].count("Ainda sem registro") == 4


def test_parts_add_up_by_seed(tmp_path: Path) -> None:
    for seed in (0, 1, 1):
        record.write("fuzz_csv", {**CSV, "seed": seed}, append=True, folder=tmp_path)
    assert [run["seed"] for run in record.runs_of("fuzz_csv", tmp_path)] == [0, 1]
    pages = texts(tmp_path)
    assert "**10,000 files, no fault**; 300 of them were of 5 MB" in pages["reliability.md"]
    assert "**10.000 arquivos, nenhuma falha**; 300 deles de 5 MB" in pages["confiabilidade.md"]
    assert "`cut off`" in pages["confiabilidade.md"]
    record.write("fuzz_csv", {**CSV, "seed": 2}, append=False, folder=tmp_path)
    assert "**5,000 files" in texts(tmp_path)["reliability.md"]


@pytest.mark.parametrize(
    ("name", "told", "en", "pt"),
    [
        ("fuzz_api", {"runs": [API]}, "| `GET /healthz` | 1,234 |", "| `GET /healthz` | 1.234 |"),
        ("soak", {"runs": [SOAK]}, "72,000 forecasts", "72.000 previsões"),
        ("drill", DRILL, "| The disk is \\*full\\* |", "| Disco cheio |"),
    ],
)
def test_a_record_is_shown_in_both_languages(
    tmp_path: Path, name: str, told: dict[str, Any], en: str, pt: str
) -> None:
    (tmp_path / f"{name}.json").write_text(json.dumps(told), "utf-8")
    pages = texts(tmp_path)
    squeezed = {page: " ".join(text.split()) for page, text in pages.items()}
    assert en in squeezed["reliability.md"]
    assert pt in squeezed["confiabilidade.md"]


def test_a_soak_is_drawn_and_what_did_not_hold_is_bold(tmp_path: Path) -> None:
    (tmp_path / "soak.json").write_text(json.dumps({"runs": [SOAK]}), "utf-8")
    pages = texts(tmp_path)
    pictures = {name for name in pages if name.endswith(".svg")}
    assert pictures == {
        *("soak-memory.svg", "soak-descriptors.svg", "soak-latencies.svg"),
        *("carga-memoria.svg", "carga-descritores.svg", "carga-tempos.svg"),
    }
    assert all(f"({name})" in pages["reliability.md"] + pages["confiabilidade.md"] for name in pictures)
    assert "servidor" in pages["carga-memoria.svg"]
    assert pages["reliability.md"].count("**no**") == 1
    assert pages["confiabilidade.md"].count("**não**") == 1
