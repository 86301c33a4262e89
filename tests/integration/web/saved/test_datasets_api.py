from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from commands import commands_in
from integration.web.pages.showcase import WALK, Visitor, visiting
from trintena.data import fetch
from trintena.data.sources.sample import SAMPLES
from trintena.web.options import WebOptions

ADDRESS = "/api/datasets"


def prices(n_rows: int = 300, price: float = 100.0) -> bytes:
    days = np.busday_offset("2020-01-01", np.arange(n_rows), roll="forward")
    lines = [f"{day},{price + row % 7}\n" for row, day in enumerate(days)]
    return ("date,close\n" + "".join(lines)).encode()


Send = Callable[..., httpx.Response]


@pytest.fixture
def left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The folder of temporary files, empty again at the end of each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield []
    assert list(folder.iterdir()) == []


@pytest.fixture
def send(newcomer: Visitor, left_behind: list[Path]) -> Send:
    def post(content: bytes, name: str = "mine.csv", lang: str = "en", **fields: Any) -> httpx.Response:
        return newcomer.client.post(
            ADDRESS, files={"file": (name, content)}, data=fields, headers={"Accept-Language": lang}
        )

    return post


def test_a_file_is_read_as_the_command_reads_it_and_stored(
    send: Send,
    newcomer: Visitor,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = send(prices())
    assert answer.status_code == 200, answer.text
    read = answer.json()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.csv").write_bytes(prices())
    with commands_in(other, capsys, monkeypatch) as trintena:
        imported = trintena("data", "import", "mine.csv", "--json").json
    assert {key: read[key] for key in imported} == imported
    assert (read["stored"], read["symbol"], read["source"]) == (True, "mine", "csv:mine.csv")
    assert read["first_rows"][0] == {"date": "2020-01-01", "close": 100.0}
    assert len(read["last_rows"]) == 5
    assert read["close"] == {"first": 100.0, "last": 105.0, "lowest": 100.0, "highest": 106.0}
    assert newcomer.registry.latest_dataset("mine") == read["dataset_hash"]


def test_a_dry_run_stores_nothing(send: Send, newcomer: Visitor) -> None:
    read = send(prices(), dry_run="true").json()
    assert (read["stored"], read["n_rows"]) == (False, 300)
    assert newcomer.registry.datasets() == []


def test_what_a_file_leaves_open_is_said_beside_it(send: Send) -> None:
    content = b"Data;Pre\xc3\xa7o\n" + b"".join(
        f"{day:02d}/0{month}/2020;1.{day:03d},50\n".encode() for month in (1, 2) for day in range(1, 13)
    )
    refused = send(content)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "bad_data"
    read = send(content, day_first="true", name="SOJA", decimal=",", thousands=".").json()
    assert (read["symbol"], read["close"]["first"]) == ("SOJA", 1001.5)
    assert read["first_rows"][1]["date"] == "2020-01-02"


def test_what_a_file_measures_can_be_said(send: Send) -> None:
    content = prices().replace(b"close", b"MWh")
    assert send(content).json()["measures"] == "value"
    read = send(content, measures="price").json()
    assert (read["measures"], "Taken for prices." in read["understood"]) == ("price", True)
    assert send(content, measures="money").status_code == 422


def test_a_refusal_names_line_column_and_cell_in_the_readers_language(send: Send, newcomer: Visitor) -> None:
    content = prices().replace(b"2020-01-03,102.0", b"2020-01-03,many")
    for lang, words in (("en", ("line 4", "'close'", "'many'")), ("pt", ("linha 4", "'close'", "'many'"))):
        answer = send(content, lang=lang)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "bad_data")
        assert all(word in error["message"] for word in ("mine.csv", *words)), error
    assert newcomer.registry.datasets() == []


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("../../../etc/evil.csv", "evil"),
        ("C:\\data\\evil.csv", "evil"),
        ("/etc/passwd", "passwd"),
        ("preços.csv", "preços"),
        ("..", "upload"),
        (" ", "upload"),
    ],
)
def test_a_files_name_is_no_path(send: Send, tmp_path: Path, name: str, series: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    answer = send(prices(), name=name)
    assert answer.status_code == 200, answer.text
    assert answer.json()["symbol"] == series
    assert "/" not in answer.json()["source"]
    created = {path.name for path in tmp_path.rglob("*") if path not in before}
    assert not {"evil.csv", "passwd", "upload.csv"} & created


@pytest.mark.parametrize(
    ("name", "status", "series"),
    [(b"ev\0il.csv", 200, "evil"), (b"x" * 1000 + b".csv", 422, None), (b"\xff\xfe.csv", 200, "ÿþ")],
)
def test_no_bytes_of_a_name_break_anything(
    newcomer: Visitor, left_behind: list[Path], name: bytes, status: int, series: str | None
) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
    answer = newcomer.client.post(
        ADDRESS,
        content=head + prices() + b"\r\n--edge--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
    )
    assert answer.status_code == status, answer.text
    assert len(answer.content) < 10_000
    if series is None:
        assert answer.json()["error"]["message"]
        assert newcomer.registry.datasets() == []
    else:
        assert answer.json()["symbol"] == series


def test_fields_that_there_are_not_and_bodies_without_a_file_are_refused(newcomer: Visitor) -> None:
    file = {"file": ("mine.csv", prices())}
    post = newcomer.client.post
    for answer in (
        post(ADDRESS, files=file, data={"path": "/etc/passwd"}),
        post(ADDRESS, data={"name": "X"}),
        post(ADDRESS, json={"file": "mine.csv"}),
        post(ADDRESS, files=file, data={"dry_run": "perhaps"}),
        post(ADDRESS, files=file, data={"name": "N" * 33}),
        post(ADDRESS, files={"file": ("mine.csv", b"")}),
        post(ADDRESS, files={"file": ("mine.csv", b"PK\3\4\0\0")}),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["message"]
    assert newcomer.registry.datasets() == []


@pytest.fixture
def narrow(migrated: Path, tmp_path: Path, left_behind: list[Path]) -> Iterator[Visitor]:
    """A server that takes files of up to 4,000 bytes."""
    home = tmp_path / "narrow"
    home.mkdir()
    (home / "trintena.db").write_bytes(migrated.read_bytes())
    with visiting(home, WebOptions(maximum_upload_bytes=4_000)) as somebody:
        yield somebody


@pytest.mark.parametrize("n_rows", [400, 40_000])  # above the limit for files, and for whole bodies
@pytest.mark.parametrize("tells_length", [True, False])
def test_too_large_a_file_is_refused(narrow: Visitor, n_rows: int, tells_length: bool) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="mine.csv"\r\n\r\n'
    body = head + prices(n_rows) + b"\r\n--edge--\r\n"
    pieces = (body[at : at + 4096] for at in range(0, len(body), 4096))
    answer = narrow.client.post(
        ADDRESS,
        content=body if tells_length else pieces,
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
    )
    assert answer.status_code == 413, answer.text
    assert answer.json()["error"]["message"]
    assert narrow.registry.datasets() == []
    small = narrow.client.post(ADDRESS, files={"file": ("mine.csv", prices(200))})
    assert small.status_code == 200


def test_lists_what_is_stored_and_what_ships(visitor: Visitor) -> None:
    rows = {row["symbol"]: row for row in visitor.client.get(ADDRESS).json()}
    walk = rows[WALK]
    assert (walk["sample"], walk["n_rows"]) == (False, 900)
    assert walk["dataset_hash"] == visitor.registry.latest_dataset(WALK)
    for name in SAMPLES:
        row, series = rows[f"sample:{name}"], fetch(f"sample:{name}")
        assert (row["sample"], row["dataset_hash"], row["n_rows"]) == (True, None, len(series))
        assert [row["first_date"], row["last_date"]] == [
            str(date.astype("datetime64[D]")) for date in series.dates[[0, -1]]
        ]
        assert row["columns"] == list(series.columns)
    visitor.registry.save_dataset(fetch("sample:nasdaq"))
    again = visitor.client.get(ADDRESS).json()
    (stored,) = [row for row in again if row["symbol"] == "sample:nasdaq"]
    assert stored["sample"]
    assert stored["dataset_hash"] is not None


def test_shows_a_series_with_enough_for_a_picture(warm: Visitor) -> None:
    key = warm.registry.latest_dataset(WALK)
    assert key is not None
    series = warm.registry.load_dataset(key)
    shown = warm.client.get(f"{ADDRESS}/{WALK}").json()
    assert shown == warm.client.get(f"{ADDRESS}/{key[:10]}").json()
    assert (shown["dataset_hash"], shown["n_rows"], shown["sample"]) == (key, 900, False)
    points = shown["series"]
    assert len(points) == 400
    assert [points[0]["close"], points[-1]["close"]] == [series.close[0], series.close[-1]]
    assert [point["date"] for point in points] == sorted({point["date"] for point in points})
    assert shown["close"]["highest"] == series.close.max()


def test_shows_a_sample_before_it_is_stored(newcomer: Visitor) -> None:
    shown = newcomer.client.get(f"{ADDRESS}/sample:sp500").json()
    assert (shown["sample"], shown["dataset_hash"], shown["n_rows"]) == (True, None, 5031)
    assert len(shown["series"]) == 400
    assert newcomer.registry.datasets() == []


@pytest.mark.parametrize(
    ("key", "status"), [("NONE", 404), ("sample:none", 404), ("nasdaq", 404), ("%00", 422), ("x" * 65, 422)]
)
def test_a_series_that_is_not_there_is_refused(warm: Visitor, key: str, status: int) -> None:
    answer = warm.client.get(f"{ADDRESS}/{key}")
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
