from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pytest

from trintena.domain import finite_json


def test_numbers_that_are_not_finite_become_null_at_any_depth() -> None:
    value = {"a": [math.nan, (math.inf, -math.inf, 1.5)], "b": np.array([[np.nan, 2.0]]), "c": None}
    assert finite_json(value) == {"a": [None, [None, None, 1.5]], "b": [[None, 2.0]], "c": None}


def test_numpy_becomes_plain_and_strict_json_takes_it() -> None:
    value = finite_json({"n": np.int64(3), "x": np.float32(0.5), "yes": np.bool_(True), "name": np.str_("a")})
    assert json.loads(json.dumps(value, allow_nan=False)) == {"n": 3, "x": 0.5, "yes": True, "name": "a"}


@pytest.mark.parametrize("value", [date(2024, 1, 2), {1: "a"}, {"a": {1, 2}}, b"bytes"])
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        finite_json(value)
