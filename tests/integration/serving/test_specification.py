"""The specification's Python example, as printed there but for the port, gets its answers.

It names no symbol, so it means NVDA. There is no network: the newest stored prices serve, their age is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.serving import serve
from integration.training.running import environment, trintena, write_prices

NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}

FAST = """
import requests

# Modo rápido
response = requests.post('http://localhost:5000/api/train-advanced', json={
    "mode": "fast",
    "lookback": 60,
    "horizon": 1
})
print(response.json())
"""
OPTIMIZED = """
import requests

# Modo otimizado
response = requests.post('http://localhost:5000/api/train-advanced', json={
    "mode": "optimized",
    "optimization_strategy": "bayesian",
    "n_trials": 30,
    "model_ids": [1, 11, 21, 26, 30],  # testar apenas 5 modelos específicos
    "lookback": 60,
    "horizon": 1
})
print(response.json())
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose NVDA was stored some time ago, and that reaches no network."""
    home = tmp_path_factory.mktemp("specification") / "home"
    prices = write_prices(home.parent / "nvda.csv", 1_000)
    # Under Yahoo's own name, as an earlier fetch would have left it.
    store = (
        "from pathlib import Path; from dataclasses import replace; import sys;"
        "from trintena.bootstrap import application; from trintena.data import read_csv;"
        "series = read_csv(Path(sys.argv[1]), name='NVDA').series\n"
        "with application() as app: app.registry.save_dataset(replace(series, source='yahoo:NVDA'))"
    )
    assert trintena(home, "data", "list").code == 0
    done = subprocess.run([sys.executable, "-c", store, str(prices)], env=environment(home), cwd=home)
    assert done.returncode == 0
    with serve(home, **NOWHERE) as server:
        yield server.address


def answer_to(example: str, address: str, folder: Path) -> dict[str, Any]:
    """What the example prints; JSON in place of Python's own notation, so that it can be read back."""
    program = example.replace("http://localhost:5000", address.replace("127.0.0.1", "localhost"))
    program = program.replace("print(response.json())", "import json; print(json.dumps(response.json()))")
    file = folder / "example.py"
    file.write_text(program, "utf-8")
    printed = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    answer = dict(json.loads(printed.stdout))
    assert "error" not in answer, answer
    return answer


def check_source(answer: dict[str, Any]) -> None:
    assert answer["symbol"] == "NVDA"
    (remark,) = [remark for remark in answer["remarks"] if "stored prices serve" in remark]
    assert "days ago" in remark


@pytest.mark.slow
def test_the_fast_example(address: str, tmp_path: Path) -> None:
    answer = answer_to(FAST, address, tmp_path)
    assert (answer["status"], answer["mode"], answer["total_models"]) == ("success", "fast", 30)
    assert {"model_id", "model_name", "rmse"} <= answer["winner"].keys()
    assert len(answer["results"]) == 30
    check_source(answer)


@pytest.mark.slow
def test_the_optimized_example(address: str, tmp_path: Path) -> None:
    answer = answer_to(OPTIMIZED, address, tmp_path)
    assert (answer["status"], answer["mode"], answer["optimization_strategy"]) == (
        "success",
        "optimized",
        "bayesian",
    )
    assert answer["total_models_tested"] == 5
    winner = answer["winner"]
    assert {"model_id", "model_name", "best_rmse", "n_trials", "elapsed_time"} <= winner.keys()
    assert set(winner["best_params"]) == {
        "learning_rate",
        "batch_size",
        "dropout_rate",
        "epochs",
        "activation",
    }
    assert {"total_time", "avg_time_per_model", "all_results"} <= answer.keys()
    check_source(answer)
