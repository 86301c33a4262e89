"""The documentation is true: what exists is described, what is linked is there, what is shown runs.

That the generated pages are current is for `make check-docs` to see.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from trintena.cli import app
from trintena.data import SOURCES
from trintena.zoo import ARCHITECTURES, WindowShape

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for folder in ("", "docs/**/", "benchmarks/**/") for path in ROOT.glob(f"{folder}*.md"))
REFERENCE = ROOT / "docs" / "reference"


def command_paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from command_paths(child, (*path, name))


CLI: Any = typer.main.get_command(app)
COMMANDS = {" ".join(path) for path in command_paths(CLI) if path}
MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))


def prose(page: Path) -> str:
    """The page without its fenced code."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def code(text: str) -> list[str]:
    """What stands in code blocks and code spans."""
    return re.findall(r"^```.*?^```|`[^`\n]+`", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The fragments that the page's headings answer to."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page.name} links to {target}"
        if fragment:
            assert fragment in anchors(linked), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_name_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for line in re.findall(r"(?:^|[`/])trintena ([a-z][^`\n]*)", "\n".join(code(text)), flags=re.MULTILINE):
        command: Any = CLI
        for word in line.split():
            if not hasattr(command, "commands"):
                break
            assert word in command.commands, f"{page.name}: trintena {line}"
            command = command.commands[word]
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(code(text))):
        assert target in MAKE_TARGETS, f"{page.name}: make {target}"


def test_every_command_is_in_the_reference() -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")
    assert {name for name in COMMANDS if f"## `trintena {name}`" not in page} == set()


def test_every_setting_that_is_read_is_in_the_reference() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    sources = (ROOT / "src" / "trintena").rglob("*.py")
    read = {name for path in sources for name in re.findall(r"\bTRINTENA_[A-Z_]+", path.read_text("utf-8"))}
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_every_architecture_is_in_the_reference() -> None:
    page = (REFERENCE / "zoo.md").read_text("utf-8")
    assert {row.id for row in ARCHITECTURES if f"| {row.id} | {row.name} |" not in page} == set()


def test_every_source_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {source.name for source in SOURCES if source.examples[0] not in readme} == set()


def test_every_decision_record_is_listed() -> None:
    listed = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    records = {path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    assert {name for name in records if name not in listed} == set()


def test_the_cluster_that_is_shown_has_the_ray_of_the_lock_and_commands_that_exist() -> None:
    """The names of its fields are those of KubeRay's reference, which Kubernetes alone could check."""
    lock = (ROOT / "requirements-dev.txt").read_text("utf-8")
    (version,) = re.findall(r"^ray==([0-9.]+)", lock, re.MULTILINE)
    folder = ROOT / "docs" / "cluster"
    assert f"FROM rayproject/ray:{version}-py311\n" in (folder / "Dockerfile").read_text("utf-8")
    claim, job = yaml.safe_load_all((folder / "rayjob.yaml").read_text("utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["rayVersion"] == version
    head = cluster["headGroupSpec"]["template"]["spec"]
    (volume,) = head["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    (container,) = head["containers"]
    home = {each["name"]: each["value"] for each in container["env"]}["TRINTENA_HOME"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [home]
    words = job["spec"]["entrypoint"].split()
    command = typer.main.get_command(app)
    train = command.get_command(typer.Context(command), words[1])  # type: ignore[attr-defined]
    train.make_context("train", words[2:])  # refuses options that there are not


def example(page: str) -> dict[str, Any]:
    """What the Python blocks of a page define, run one after the other."""
    names: dict[str, Any] = {"__name__": page}
    for block in re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / page).read_text("utf-8"), re.M | re.S):
        exec(block, names)
    return names


def test_the_architecture_that_is_shown_builds() -> None:
    (row,) = example("adding-an-architecture.md")["ARCHITECTURES"]
    assert row.id == max(known.id for known in ARCHITECTURES) + 1
    assert row.graph(WindowShape(lookback=20, n_features=5, horizon=3)).forecast.shape == (3,)


def test_the_source_that_is_shown_delivers() -> None:
    source = example("adding-a-source.md")
    assert source["claims"]("ramp:500")
    series = source["fetch"]("ramp:500")
    assert len(series) == 500
    assert not any(known.claims("ramp:500") for known in SOURCES)


def session(page: str) -> Iterator[tuple[str, str]]:
    """Files and commands of a page, in order: (name, content) and ("$", command and what it prints)."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    for name, content in re.findall(r"^```(\w+ [\w.]+|console)\n(.*?)^```", text, re.M | re.S):
        if name != "console":
            yield name.partition(" ")[2], content
        else:
            yield from (("$", step) for step in content.removeprefix("$ ").split("\n$ "))


def printed(command: str, folder: Path, **variables: str) -> list[str]:
    """What a command prints, line by line, in a folder that is home and working directory."""
    environment = {**os.environ, "TRINTENA_HOME": str(folder), **variables}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    lines = subprocess.run(
        f"{command} 2>&1", shell=True, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE
    ).stdout.splitlines()
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("page", "language"), [pytest.param("data.md", "en", marks=pytest.mark.slow), ("dados.md", "pt")]
)
def test_the_commands_on_data_print_what_is_shown(page: str, language: str, tmp_path: Path) -> None:
    steps = list(session(page))
    assert len(steps) >= 8
    for name, content in steps:
        if name != "$":
            (tmp_path / name).write_text(content, "utf-8")
            continue
        command, _, shown = content.partition("\n")
        assert printed(command, tmp_path, TRINTENA_LANG=language) == shown.rstrip().splitlines(), command


def shape(line: str) -> str:
    """A line without what differs from one machine to another: its numbers, and the room that they take."""
    return " ".join(re.sub(r"[+-]?\d[\d.,:]*", "0", line).split())


@pytest.mark.slow
@pytest.mark.parametrize(("page", "language"), [("optimized.md", "en"), ("otimizado.md", "pt")])
def test_the_commands_on_searches_print_what_is_shown(page: str, language: str, tmp_path: Path) -> None:
    """Numbers aside; a line of three dots stands for any lines."""
    programs = str(Path(os.environ["JAX_COMPILATION_CACHE_DIR"]).parent)
    told = {"TRINTENA_LANG": language, "TRINTENA_CACHE": programs, "TRINTENA_WORKERS": "1"}
    steps = list(session(page))
    assert len(steps) >= 6
    for name, content in steps:
        if name != "$":
            (tmp_path / name).write_text(content, "utf-8")
            continue
        command, _, shown = content.partition("\n")
        lines = [shape(line) for line in shown.rstrip().splitlines()]
        pattern = "".join(r"(.*\n)*?" if line == "…" else re.escape(line) + r"\n" for line in lines)
        page_printed = "".join(f"{shape(line)}\n" for line in printed(command, tmp_path, **told))
        assert re.fullmatch(pattern, page_printed), f"{command}\n{page_printed}"
