"""Files of a model that are not what was saved, by accident or on purpose."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.machine import resident
from browser.serving import serve
from damage import archive_of, change, cut
from integration.training.running import PATIENCE_S, begun, select, trintena
from reliability.drill.faults import suffers
from reliability.drill.runs import Run, assert_no_traceback, sound

MIB = 1 << 20


@pytest.fixture
def home(tmp_path: Path, fast: Run) -> Path:
    return Path(shutil.copytree(fast.home, tmp_path / "home"))


def file_of(home: Path, kind: str) -> Path:
    ((stem,),) = select(home, "SELECT stem FROM model_registry")
    return home / "models" / f"{stem}.{kind}"


def _missing(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def assert_refused_everywhere(home: Path, name: str) -> None:
    """By the command, and by a server that stays alive and says so in the error's shape."""
    done = trintena(home, "predict", "--json")
    assert done.code == 1, done.out
    assert name in done.err
    assert_no_traceback(done)
    with serve(home) as server:
        answer = httpx.post(f"{server.address}/api/predict", json={"symbol": "walk"}, timeout=PATIENCE_S)
        assert 400 <= answer.status_code < 600, answer.text
        assert answer.json()["error"]["code"]
        assert name in answer.json()["error"]["message"]
        assert httpx.get(f"{server.address}/healthz", timeout=PATIENCE_S).json()["status"] == "ok"
        assert httpx.get(f"{server.address}/", timeout=PATIENCE_S).status_code == 200


@suffers("damaged_model")
@pytest.mark.parametrize("kind", ["keras", "scaler", "json"])
@pytest.mark.parametrize("damage", [cut, change, _missing, _empty, _folder])
def test_damage_is_refused_and_retraining_is_not_in_its_way(
    damage: Callable[[Path], None], kind: str, home: Path, prices: Path, fast: Run
) -> None:
    path = file_of(home, kind)
    damage(path)
    assert_refused_everywhere(home, path.name)
    listed = trintena(home, "models", "list", "--json")
    assert listed.code == 0, listed.err
    # The way out: train again; the damaged champion cannot be scored and gives its title up.
    again = trintena(home, "train", "--csv", prices, *fast.words)
    assert again.code == 0, again.err
    assert_no_traceback(again)
    predicted = trintena(home, "predict", "--json")
    assert predicted.code == 0, predicted.err
    assert json.loads(predicted.out)["version"] == 2


def forge(home: Path, content: bytes) -> Path:
    """Put another network in place of the champion's, and its checksum into row and manifest."""
    path, manifest = file_of(home, "keras"), file_of(home, "json")
    path.write_bytes(content)
    told = json.loads(manifest.read_text("utf-8"))
    told["sha256"]["keras"] = hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(told), "utf-8")
    with closing(sqlite3.connect(home / "trintena.db")) as connection, connection:
        ((text,),) = connection.execute("SELECT checksums FROM model_registry").fetchall()
        sums = json.loads(text)
        sums |= {"keras": told["sha256"]["keras"], "json": hashlib.sha256(manifest.read_bytes()).hexdigest()}
        connection.execute("UPDATE model_registry SET checksums = ?", (json.dumps(sums),))
    return path


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lambda_layer(content: bytes, marker: Path) -> bytes:
    """The network with a layer that runs code as soon as it is deserialized without Keras's safe mode."""
    import base64
    import marshal

    code = compile(f"lambda x: open({str(marker)!r}, 'w').close() or x", "evil", "eval").co_consts[0]
    members = members_of(content)
    config = json.loads(members["config.json"])
    first, *others = config["config"]["layers"]
    evil = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {
            "name": "evil",
            "function": {
                "class_name": "__lambda__",
                "config": {
                    "code": base64.b64encode(marshal.dumps(code)).decode(),
                    "defaults": None,
                    "closure": None,
                },
            },
        },
        "registered_name": None,
        "name": "evil",
        "inbound_nodes": others[0].get("inbound_nodes", []),
    }
    config["config"]["layers"] = [first, evil, *others]
    return archive_of({**members, "config.json": json.dumps(config).encode()})


def foreign_class(content: bytes, marker: Path) -> bytes:
    """The network with a layer that is a function of the operating system's module."""
    members = members_of(content)
    config = json.loads(members["config.json"])
    config["config"]["layers"][1] |= {
        "module": "os",
        "class_name": "system",
        "config": {"command": f"touch {marker}"},
    }
    return archive_of({**members, "config.json": json.dumps(config).encode()})


def path_outside(content: bytes, marker: Path) -> bytes:
    """The network with a further member that wants to be written beside its folder."""
    upwards = "../" * 12 + str(marker).lstrip("/")
    return archive_of({**members_of(content), upwards: b"here", str(marker): b"here"})


def zip_bomb(content: bytes, marker: Path) -> bytes:
    """Weights of 4 GiB of zeros in an archive of a few MiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, member in members_of(content).items():
            if name != "model.weights.h5":
                archive.writestr(name, member)
        with archive.open("model.weights.h5", "w", force_zip64=True) as out:
            for _ in range(4096):
                out.write(bytes(MIB))
    return buffer.getvalue()


def no_archive(content: bytes, marker: Path) -> bytes:
    return b"PK\x03\x04" + content[100:400]


@suffers("hostile_model")
@pytest.mark.parametrize("made", [lambda_layer, foreign_class, path_outside, zip_bomb, no_archive])
def test_a_network_of_somebody_else_does_nothing(
    made: Callable[[bytes, Path], bytes], home: Path, tmp_path: Path
) -> None:
    marker = tmp_path / "was_here"
    hostile = made(file_of(home, "keras").read_bytes(), marker)
    file_of(home, "keras").write_bytes(hostile)
    assert_refused_everywhere(home, file_of(home, "keras").name)
    assert not marker.exists()


@suffers("hostile_model")
@pytest.mark.parametrize("made", [lambda_layer, foreign_class, path_outside, zip_bomb, no_archive])
def test_nor_with_a_forged_checksum(made: Callable[[bytes, Path], bytes], home: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was_here"
    path = forge(home, made(file_of(home, "keras").read_bytes(), marker))
    with begun(home, "predict", "--json") as running:
        peak, process = 0, psutil.Process(running.popen.pid)
        while running.popen.poll() is None:
            peak = max(peak, resident(process))
        done = running.done()
    assert peak < 1024 * MIB, "the bomb was unpacked"
    assert done.code == 1, done.out
    assert path.name in done.err
    assert_no_traceback(done)
    assert_refused_everywhere(home, path.name)
    assert not marker.exists()
    sound(home)
