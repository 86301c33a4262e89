from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy.dialects import sqlite

from trintena.registry.arrays import pack, pack_sequence, unpack, unpack_sequence
from trintena.registry.columns import SeriesDate, UTCDateTime

DIALECT = sqlite.dialect()


def test_times_are_stored_in_utc_and_come_back_aware() -> None:
    lisbon = datetime(2026, 7, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    stored = UTCDateTime().process_bind_param(lisbon, DIALECT)
    assert stored == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert stored is not None
    assert UTCDateTime().process_result_value(stored.replace(tzinfo=None), DIALECT) == lisbon


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="must know its zone"):
        UTCDateTime().process_bind_param(datetime(2026, 7, 1), DIALECT)


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates_of_a_series_keep_their_day(unit: str) -> None:
    stored = SeriesDate().process_bind_param(np.datetime64("2024-02-29", unit), DIALECT)
    assert stored == datetime(2024, 2, 29)
    assert SeriesDate().process_result_value(stored, DIALECT) == np.datetime64("2024-02-29", "s")


def test_arrays_keep_order_dtype_and_shape() -> None:
    arrays = {"b": np.arange(3, dtype="<i8"), "a/b": np.float32(1.5).reshape(()), "": np.empty((0, 2))}
    loaded = unpack(pack(arrays))
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert (loaded[name].dtype, loaded[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(loaded[name], array)


def test_a_sequence_of_more_than_ten_keeps_its_order() -> None:
    weights = [np.array([i]) for i in range(12)]
    assert [int(w[0]) for w in unpack_sequence(pack_sequence(weights))] == list(range(12))


def test_objects_are_neither_written_nor_read() -> None:
    with pytest.raises(ValueError, match="only plain numbers"):
        pack({"a": np.array([None])})


@pytest.mark.parametrize("data", [b"", b"garbage", pack({"a": np.arange(50)})[:-30]])
def test_bytes_that_are_no_whole_file_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a whole npz file"):
        unpack(data)
