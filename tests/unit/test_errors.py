from __future__ import annotations

import re

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
