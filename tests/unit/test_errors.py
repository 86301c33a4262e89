from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from trintena import errors
from trintena.errors import NotFoundError, TrintenaError, UnknownNameError, UsageError

CLASSES = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TrintenaError)
]


def test_the_tree_is_the_one_drawn() -> None:
    drawn: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^ {4}([ │├└─]*)(\w+Error)\b", line):
            depth, name = len(found[1]), found[2]
            above = [(d, n) for d, n in above if d < depth]
            drawn[name] = above[-1][1] if above else None
            above.append((depth, name))
    assert drawn == {
        kind.__name__: None if kind is TrintenaError else kind.__bases__[0].__name__ for kind in CLASSES
    }


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [vars(kind)["code"] for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = NotFoundError("No dataset 'ab'.", field="dataset", hint="See `trintena data list`.")
    assert (error.message, error.field, error.hint) == (
        "No dataset 'ab'.",
        "dataset",
        "See `trintena data list`.",
    )
    assert str(error) == "No dataset 'ab'. See `trintena data list`."
    bare = UsageError("No.")
    assert str(bare) == "No."
    assert bare.field is bare.hint is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gruu", "Unknown architecture 'gruu'. Did you mean 'gru'?"),
        ("stackd", "Unknown architecture 'stackd'. Did you mean 'stacked'?"),
        ("xyz", "Unknown architecture 'xyz'."),
        ("", "Unknown architecture ''."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(name: str, told: str) -> None:
    known = (word for word in ("gru", "lstm", "stacked"))
    error = UnknownNameError("architecture", name, known, field="model_ids", hint="List them.")
    assert error.message == told
    assert str(error) == f"{told} List them."
    assert error.field == "model_ids"


def test_an_unknown_name_in_portuguese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    error = UnknownNameError("amostra", "nasdak", ["nasdaq", "sp500"])
    assert error.message == "Não há amostra 'nasdak'. Você quis dizer 'nasdaq'?"


def test_whatever_is_refused_is_refused_in_both_languages() -> None:
    package = Path(errors.__file__).parent
    bare = [
        f"{path.relative_to(package)}:{line}: {words}"
        for path in sorted(package.rglob("*.py"))
        for line, words in bare_words(ast.parse(path.read_text("utf-8")))
    ]
    assert not bare, "messages and hints belong into phrase(en=..., pt=...)"


def test_words_outside_a_phrase_are_found() -> None:
    source = """
raise UsageError("Too few rows.", field="split", hint=phrase(en="Use more.", pt="Use mais."))
raise UsageError(phrase(en="Too few rows.", pt="Poucas linhas."), hint=f"Use {n} rows or more.")
raise DataError(f"{where}: {message}")
raise ValueError("a mistake of ours")
"""
    assert list(bare_words(ast.parse(source))) == [(2, "Too few rows."), (3, "Use  rows or more.")]


def bare_words(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines and texts of messages and hints of our errors that stand in one language alone."""
    names = {kind.__name__ for kind in CLASSES}
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names):
            continue
        hints = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
        for text in [*call.args, *hints]:
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            words = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if re.search(r"[a-z]{2}", words) and " " in words:
                yield text.lineno, words
