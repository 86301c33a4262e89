from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from commands import commands_in
from damage import change, cut
from integration.web.pages.showcase import OTHER, WALK, Visitor
from trintena.domain import ModelVersion

KINDS = ("keras", "scaler", "md", "json")
MEDIA = {"keras": "application/octet-stream", "md": "text/markdown; charset=utf-8"}
REFUSED = {
    "en": "File does not match the registry; not opened.",
    "pt-BR": "Arquivo não confere com o registro; não foi aberto.",
}


@pytest.fixture
def champion(visitor: Visitor) -> ModelVersion:
    found = visitor.registry.newest_champion(WALK)
    assert found is not None
    return found


@pytest.fixture
def challenger(visitor: Visitor, champion: ModelVersion) -> ModelVersion:
    """A version of the same series that is not champion, and is not judged by another."""
    return next(each for each in visitor.registry.versions(WALK) if not each.is_winner)


def path_of(visitor: Visitor, model: ModelVersion, kind: str) -> Path:
    return visitor.settings.models / f"{model.stem}.{kind}"


def test_lists_what_the_command_lists(
    warm: Visitor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = warm.client.get("/api/models").json()
    with commands_in(warm.home, capsys, monkeypatch) as trintena:
        assert listed == trintena("models", "list", "--json").json
        version = listed[0]["version"]
        shown = warm.client.get(f"/api/models/{version}").json()
        assert shown == trintena("models", "show", version, "--json").json
    assert [row["version"] for row in listed] == sorted((row["version"] for row in listed), reverse=True)
    assert {row["symbol"] for row in listed} == {WALK, OTHER}


def test_a_symbol_chooses_its_own(warm: Visitor) -> None:
    (row,) = warm.client.get("/api/models", params={"symbol": OTHER}).json()
    assert (row["symbol"], row["horizon"], row["target"]) == (OTHER, 3, "difference")
    assert warm.client.get("/api/models", params={"symbol": "NONE"}).json() == []
    answer = warm.client.get("/api/models", params={"symbol": "A\0"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "symbol")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_sent_as_it_was_registered(warm: Visitor, kind: str) -> None:
    champion = warm.registry.newest_champion(WALK)
    assert champion is not None
    answer = warm.client.get(f"/api/models/{champion.version}/files/{kind}")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == champion.checksums[kind]
    assert answer.headers["content-disposition"] == f'attachment; filename="{champion.stem}.{kind}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == MEDIA.get(kind, "application/json")


def test_a_file_that_is_not_whole_is_not_sent(visitor: Visitor, champion: ModelVersion) -> None:
    harms: tuple[Callable[[Path], None], ...] = (cut, change, Path.unlink)
    for kind, harm in product(KINDS, harms):
        path = path_of(visitor, champion, kind)
        whole = path.read_bytes()
        harm(path)
        for language, sentence in REFUSED.items():
            answer = visitor.client.get(
                f"/api/models/{champion.version}/files/{kind}", headers={"Accept-Language": language}
            )
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (409, "bad_artifact")
            assert error["message"].startswith(sentence)
            assert f"{champion.stem}.{kind}" in error["message"]
            assert str(visitor.home) not in answer.text
        files = visitor.client.get(f"/api/models/{champion.version}").json()["files"]
        conditions = {file["kind"]: file["condition"] for file in files}
        assert conditions.pop(kind) == ("missing" if harm is Path.unlink else "changed")
        assert set(conditions.values()) == {"whole"}
        path.write_bytes(whole)


def test_a_model_of_before_there_were_cards_has_its_three_files(
    visitor: Visitor, champion: ModelVersion
) -> None:
    path_of(visitor, champion, "md").unlink()
    older = json.dumps({kind: champion.checksums[kind] for kind in ("keras", "scaler", "json")})
    with closing(sqlite3.connect(visitor.home / "trintena.db")) as database, database:
        database.execute(
            "UPDATE model_registry SET checksums = ? WHERE version = ?", (older, champion.version)
        )
    files = visitor.client.get(f"/api/models/{champion.version}").json()["files"]
    assert [file["kind"] for file in files] == ["keras", "scaler", "json"]
    assert {file["condition"] for file in files} == {"whole"}
    for language, sentence in (("en", "was saved before models had a card"), ("pt", "terem uma ficha")):
        answer = visitor.client.get(
            f"/api/models/{champion.version}/files/md", headers={"Accept-Language": language}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert sentence in answer.json()["error"]["message"]
    links = [each["href"] for each in visitor.sees(f"/custom-model?version={champion.version}").all("a")]
    address = f"/api/models/{champion.version}/files"
    found = [link.rpartition("/")[2] for link in links if link.startswith(address)]
    assert found == ["keras", "scaler", "json"]
    assert visitor.client.post("/api/predict", json={"symbol": WALK}).status_code == 200


def test_no_row_of_the_registry_leads_out_of_the_folder(visitor: Visitor, champion: ModelVersion) -> None:
    secret = visitor.home / "secret.json"
    secret.write_text("{}", "utf-8")
    with sqlite3.connect(visitor.home / "trintena.db") as database:
        database.execute(
            "UPDATE model_registry SET stem = '../secret' WHERE version = ?", (champion.version,)
        )
    database.close()
    answer = visitor.client.get(f"/api/models/{champion.version}/files/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bad_artifact")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("99", 404),
        ("99/files/keras", 404),
        ("0", 422),
        ("-1", 422),
        ("2147483648", 422),
        ("9" * 400, 422),
        ("one", 422),
        ("1/files/exe", 422),
        ("1/files/..%2f..%2ftrintena.db", 404),
        ("1%00", 422),
    ],
)
def test_what_does_not_exist_is_refused(warm: Visitor, path: str, status: int) -> None:
    answer = warm.client.get(f"/api/models/{path}")
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_promoting_moves_the_title(
    visitor: Visitor, champion: ModelVersion, challenger: ModelVersion
) -> None:
    answer = visitor.client.post(f"/api/models/{challenger.version}/promote")
    assert (answer.status_code, answer.json()["is_winner"]) == (200, True)
    winners = {row["version"] for row in visitor.client.get("/api/models").json() if row["is_winner"]}
    assert challenger.version in winners
    assert champion.version not in winners
    forecast = visitor.client.post("/api/predict", json={"symbol": WALK}).json()
    assert forecast["version"] == challenger.version
    assert visitor.client.post("/api/models/99/promote").status_code == 404


def test_a_damaged_model_does_not_get_the_title(
    visitor: Visitor, champion: ModelVersion, challenger: ModelVersion
) -> None:
    change(path_of(visitor, challenger, "scaler"))
    answer = visitor.client.post(f"/api/models/{challenger.version}/promote")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bad_artifact")
    assert visitor.registry.version(champion.version).is_winner
