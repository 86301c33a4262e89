from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trintena.domain import Range, SearchSpace
from trintena.errors import UnknownNameError, UsageError
from trintena.search import n_combinations, read_choice, read_space, read_space_file
from trintena.zoo import ACTIVATIONS


def test_what_is_not_given_keeps_the_specifications_values() -> None:
    assert read_space({}) == SearchSpace()
    assert read_space({"epochs": [5]}) == SearchSpace(epochs=(5,))


def test_every_field_may_be_a_list() -> None:
    space = read_space(
        {
            "learning_rate": [1, 0.01],
            "batch_size": (8, 512.0),
            "dropout_rate": [0, 0.5],
            "epochs": [1, 10_000],
            "activation": list(ACTIVATIONS),
        }
    )
    assert space == SearchSpace((1.0, 0.01), (8, 512), (0.0, 0.5), (1, 10_000), ACTIVATIONS)
    assert [type(v) for v in (*space.learning_rate, *space.batch_size)] == [float, float, int, int]


def test_numbers_may_be_ranges() -> None:
    space = read_space(
        {
            "learning_rate": {"low": 0.0001, "high": 0.01, "log": True},
            "batch_size": {"low": 16, "high": 128, "step": 16},
            "dropout_rate": Range(0.1, 0.4, 0.1),
            "epochs": {"low": 10, "high": 20, "step": None, "log": False},
        }
    )
    assert space.learning_rate == Range(0.0001, 0.01, log=True)
    assert space.batch_size == Range(16, 128, 16)
    assert space.dropout_rate == Range(0.1, 0.4, 0.1)
    assert space.epochs == Range(10, 20)


def test_silu_is_swish() -> None:
    assert read_space({"activation": ["silu", "mish"]}).activation == ("swish", "mish")


def test_numbers_of_numpy_are_numbers() -> None:
    space = read_space({"learning_rate": [np.float64(0.1)], "batch_size": [np.int64(16)]})
    assert repr((space.learning_rate, space.batch_size)) == "((0.1,), (16,))"


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"learning_rte": [0.1]}, "learning_rte", "Did you mean 'learning_rate'"),
        ({"optimizer": ["adam"]}, "optimizer", "The fields are learning_rate, batch_size"),
        ({3: [0.1]}, "3", "Unknown field of a search space '3'"),
        ({"learning_rate": []}, "learning_rate", "the list is empty"),
        ({"activation": []}, "activation", "the list is empty"),
        ({"learning_rate": 0.001}, "learning_rate", "expected a list of values or a range"),
        ({"learning_rate": "0.001"}, "learning_rate", "expected a list of values or a range"),
        ({"activation": "relu"}, "activation", "expected a list of names, not 'relu'"),
        ({"activation": {"low": 1, "high": 2}}, "activation", "expected a list of names"),
        ({"batch_size": [16, 32, 16]}, "batch_size", "16 is in the list twice"),
        ({"batch_size": [16, 16.0]}, "batch_size", "16 is in the list twice"),
        ({"activation": ["swish", "silu"]}, "activation", "'swish' is in the list twice"),
        ({"learning_rate": [0]}, "learning_rate", "above 0 and at most 1, not 0"),
        ({"learning_rate": [-0.1]}, "learning_rate", "not -0.1"),
        ({"learning_rate": [1.5]}, "learning_rate", "above 0 and at most 1, not 1.5"),
        ({"learning_rate": [float("nan")]}, "learning_rate", "not nan"),
        ({"learning_rate": [float("inf")]}, "learning_rate", "not inf"),
        ({"learning_rate": [10**400]}, "learning_rate", "above 0 and at most 1, not 1000"),
        ({"learning_rate": [True]}, "learning_rate", "each value must be a number .* not True"),
        ({"learning_rate": ["0.1"]}, "learning_rate", "each value must be a number .* not '0.1'"),
        ({"learning_rate": [None]}, "learning_rate", "each value must be a number .* not None"),
        ({"batch_size": [0]}, "batch_size", "a whole number from 1 to 4096, not 0"),
        ({"batch_size": [16.5]}, "batch_size", "a whole number from 1 to 4096, not 16.5"),
        ({"batch_size": [4097]}, "batch_size", "a whole number from 1 to 4096, not 4097"),
        ({"batch_size": [float("nan")]}, "batch_size", "not nan"),
        ({"batch_size": [float("inf")]}, "batch_size", "not inf"),
        ({"dropout_rate": [1]}, "dropout_rate", "at least 0 and below 1, not 1"),
        ({"dropout_rate": [-0.1]}, "dropout_rate", "at least 0 and below 1, not -0.1"),
        ({"epochs": [0]}, "epochs", "a whole number from 1 to 10000, not 0"),
        ({"epochs": [1.5]}, "epochs", "a whole number from 1 to 10000, not 1.5"),
        ({"epochs": [10_001]}, "epochs", "a whole number from 1 to 10000, not 10001"),
        ({"epochs": {"low": 5, "high": 5}}, "epochs", r"low \(5\) must be below high \(5\)"),
        ({"epochs": {"low": 9, "high": 5}}, "epochs", r"low \(9\) must be below high \(5\)"),
        ({"epochs": {"low": 0, "high": 5}}, "epochs", "low must be a whole number from 1 to 10000, not 0"),
        ({"epochs": {"low": 1, "high": "x"}}, "epochs", "high must be a whole number .* not 'x'"),
        ({"epochs": {"low": 1}}, "epochs", "the range has no high"),
        ({"epochs": {"high": 1}}, "epochs", "the range has no low"),
        ({"epochs": {"low": 1, "hihg": 9}}, "epochs", "'hihg'. Did you mean 'high'"),
        ({"epochs": {"low": 1, "high": 9, "log": 1}}, "epochs", "log must be true or false, not 1"),
        ({"epochs": {"low": 1, "high": 9, "log": True, "step": 2}}, "epochs", "a step or log, not both"),
        ({"dropout_rate": {"low": 0, "high": 0.5, "log": True}}, "dropout_rate", "low must be above 0"),
        ({"epochs": {"low": 1, "high": 9, "step": 9}}, "epochs", "a whole number above 0 and at most high"),
        ({"epochs": {"low": 1, "high": 9, "step": 0}}, "epochs", "a whole number above 0 and at most high"),
        ({"epochs": {"low": 1, "high": 9, "step": -2}}, "epochs", "above 0 and at most high - low, not -2"),
        ({"epochs": {"low": 1, "high": 9, "step": 0.5}}, "epochs", "step must be a whole number"),
        ({"epochs": {"low": 1, "high": 9, "step": True}}, "epochs", "step must be a whole number .* True"),
        ({"epochs": {"low": 1, "high": 9, "step": float("nan")}}, "epochs", "step must be .* not nan"),
        ({"epochs": {"low": 1, "high": 9, "step": 3}}, "epochs", "steps of 3 do not lead from 1 to 9"),
        (
            {"dropout_rate": {"low": 0.1, "high": 0.4, "step": 0.2}},
            "dropout_rate",
            "steps of 0.2 do not lead from 0.1 to 0.4",
        ),
        ({"activation": ["reluu"]}, "activation", "Unknown activation 'reluu'. Did you mean 'relu'"),
        ({"activation": ["Silu"]}, "activation", "Did you mean 'silu'"),
        ({"activation": [True]}, "activation", "Unknown activation 'True'"),
        ([0.1], "space", "is an object with fields such as learning_rate, not"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused_with_field_and_reason(
    values: Mapping[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        read_space(values)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_refusals_are_said_in_portuguese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    with pytest.raises(UsageError, match=r"dropout_rate: cada valor deve ser .* e não 1,5\."):
        read_space({"dropout_rate": [1.5]})
    with pytest.raises(UnknownNameError, match=r"Não há ativação 'reluu'\. Você quis dizer 'relu'"):
        read_space({"activation": ["reluu"]})


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("0.001,0.01", [0.001, 0.01]),
        ("1e-3", [0.001]),
        ("16, 32", [16, 32]),
        ("relu,silu", ["relu", "silu"]),
        ("", []),
        ("16,,32", [16, "", 32]),
        ("0.1..0.4", {"low": 0.1, "high": 0.4}),
        ("1e-4..1e-2:log", {"low": 0.0001, "high": 0.01, "log": True}),
        ("16..128:16", {"low": 16, "high": 128, "step": 16}),
        ("16 .. 128 : 16", {"low": 16, "high": 128, "step": 16}),
        ("16..", {"low": 16, "high": ""}),
        ("16..128:lgo", {"low": 16, "high": 128, "step": "lgo"}),
        ("16..128:", {"low": 16, "high": 128, "step": ""}),
    ],
)
def test_the_notation_of_the_command_line(text: str, choice: Any) -> None:
    assert read_choice(text) == choice


@pytest.mark.parametrize(
    "text", ["", "16,,32", "16..", "..", "16..128:lgo", "16..128:", "16..128:log:16", "nan"]
)
def test_notation_that_says_nothing_is_refused_by_the_field(text: str) -> None:
    with pytest.raises(UsageError, match=r"^batch_size: "):
        read_space({"batch_size": read_choice(text)})


def test_files_in_json_and_toml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text(
        '\ufeff{"learning_rate": {"low": 1e-4, "high": 0.01, "log": true}, "activation": ["relu", "silu"]}',
        encoding="utf-8",
    )
    (tmp_path / "space.TOML").write_text(
        'activation = ["relu", "silu"]\n[learning_rate]\nlow = 1e-4\nhigh = 0.01\nlog = true\n'
    )
    expected = SearchSpace(Range(0.0001, 0.01, log=True), activation=("relu", "swish"))
    assert read_space_file(tmp_path / "space.json") == expected
    assert read_space_file(str(tmp_path / "space.TOML")) == expected


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.json", None, "missing.json cannot be read: No such file"),
        ("space.yaml", b"epochs: [1]", "space.yaml must be a .json or a .toml file"),
        ("space", b"{}", "must be a .json or a .toml file"),
        ("broken.json", b'{"epochs": [1', "broken.json cannot be read: .* line 1 column"),
        ("broken.toml", b"epochs = [1", "broken.toml cannot be read: "),
        ("twice.json", b'{"epochs": [1], "epochs": [2]}', "cannot be read: 'epochs' is given twice"),
        ("twice.toml", b"epochs = [1]\nepochs = [2]", "cannot be read: Cannot overwrite a value"),
        ("latin.json", b'{"activation": ["\xe9"]}', "latin.json cannot be read: 'utf-8' codec"),
        ("deep.json", b"[" * 100_000, "deep.json cannot be read: maximum recursion"),
        ("list.json", b"[1, 2]", "A search space is an object"),
        ("null.json", b"null", "A search space is an object .* not None"),
        ("wrong.json", b'{"epochs": [0]}', "epochs: each value must be a whole number"),
        ("wrong.toml", b"epochs = 10", "epochs: expected a list"),
    ],
)
def test_a_file_that_holds_no_space_is_refused(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_space_file(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "space.json").mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_space_file(tmp_path / "space.json")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 5 * 4 * 6 * 4 * 7),
        ({"learning_rate": {"low": 0.1, "high": 0.2}}, None),
        ({"learning_rate": {"low": 0.1, "high": 0.2, "log": True}}, None),
        ({"dropout_rate": {"low": 0.1, "high": 0.7, "step": 0.1}}, 5 * 4 * 7 * 4 * 7),
        ({"batch_size": {"low": 16, "high": 128}}, 5 * 113 * 6 * 4 * 7),
        ({"batch_size": {"low": 16, "high": 128, "log": True}}, 5 * 113 * 6 * 4 * 7),
        ({"batch_size": {"low": 16, "high": 128, "step": 16}}, 5 * 8 * 6 * 4 * 7),
    ],
)
def test_combinations_are_counted_where_no_range_is_continuous(
    values: Mapping[str, Any], expected: int | None
) -> None:
    assert n_combinations(read_space(values)) == expected
