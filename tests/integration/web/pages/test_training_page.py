"""The page of trainings: the form and what is wrong with it, a run as it goes, what came of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from integration.web.pages.showcase import ELSEWHERE, FAST, PROGRESS, SEARCHED, WALK, Visitor
from pages import Page
from trintena.domain import TrialResult
from trintena.experiments.answer import partial_answer
from trintena.experiments.case import Case
from trintena.report import judgment

PATH = "/advanced-training"
NEW = f"{PATH}?new=1"
REASON = "diverged: the loss of epoch 1 is not finite"

RUNNING: dict[str, Any] = {
    "running": [
        {
            "model_id": 9,
            "model_name": "GRU Residual Dense",
            "purpose": "search",
            "number": 6,
            "epoch": 4,
            "elapsed_s": 2.0,
            "curve": [0.0102, 0.0099],
        }
    ],
    "models": [
        {
            "model_id": model_id,
            "model_name": name,
            "state": state,
            "place": place,
            "score": score,
            "n_trials": 20,
            "n_ended": n_ended,
            "n_failed": 0,
            "n_refits": 3,
            "n_refitted": 0,
            "reason": reason,
        }
        for model_id, name, state, place, score, n_ended, reason in (
            (6, "GRU Classic (64/32)", "failed", None, None, 20, REASON),
            (9, "GRU Residual Dense", "running", 1, 0.0098, 6, None),
        )
    ],
}


def title(page: Page) -> str:
    (found,) = re.findall(r"<title>(.*?)</title>", page.source)
    return " ".join(found.split())


def by_id(page: Page) -> dict[str, dict[str, str | None]]:
    return {each["id"] or "": each for _, each in page.elements if "id" in each}


def named(page: Page, name: str) -> list[dict[str, str | None]]:
    return [each for _, each in page.elements if each.get("name") == name]


def part(page: Page, name: str) -> str:
    """The words of what a script replaces under that name."""
    inside = page.source.split(f'data-part="{name}"', 1)[1].split(">", 1)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", inside.split("data-part=", 1)[0]).split())


def fields(**changed: Any) -> dict[str, Any]:
    """What a browser sends of a form for two small architectures."""
    sent = {"series": "stored", "mode": "fast", "model_ids": ["6", "9"], "lookback": "8", "years": "all"}
    return {**sent, "key": "one key", **changed}


def send(visitor: Visitor, lang: str = "en", files: Any = None, **changed: Any) -> httpx.Response:
    data = {"dataset": visitor.registry.latest_dataset(WALK), **fields(**changed)}
    headers = {"Accept": "text/html", "Accept-Language": lang}
    return visitor.client.post(PATH, data=data, files=files, headers=headers)


def refused(visitor: Visitor, status: int = 422, **what: Any) -> Page:
    answer = send(visitor, **what)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


# The form


def test_form_is_whole_without_scripts(visitor: Visitor) -> None:
    page = visitor.sees(NEW)
    assert {each["value"] for each in named(page, "series")} == {"sample", "symbol", "csv", "stored"}
    assert [each["value"] for each in named(page, "model_ids") if "checked" in each] == [
        str(number) for number in range(1, 31)
    ]
    assert [each["value"] for each in named(page, "strategy")] == ["random", "bayesian", "grid"]
    (form,) = [each for _, each in page.elements if each.get("id") == "training"]
    assert (form["method"], form["action"], form["enctype"]) == ("post", PATH, "multipart/form-data")
    labelled = {each["for"] for tag, each in page.elements if tag == "label"}
    typed = [
        each["id"]
        for tag, each in page.elements
        if tag in ("input", "select") and each.get("type") != "hidden" and "id" in each
    ]
    assert set(typed) <= labelled
    assert "disabled" not in page.source


def test_every_form_has_a_key_of_its_own_and_sent_twice_makes_one_experiment(visitor: Visitor) -> None:
    keys = {named(visitor.sees(NEW), "key")[0]["value"] for _ in range(2)}
    assert len(keys) == 2
    answers = [send(visitor) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    (place,) = {each.headers["location"] for each in answers}
    (queued,) = visitor.registry.queue()
    assert place == f"{PATH}?experiment={queued}"
    spec = visitor.registry.experiment(queued).spec
    assert (spec.symbol, spec.mode, spec.model_ids, spec.lookback) == (WALK, "fast", (6, 9), 8)


def test_everything_that_can_be_chosen_is_heeded(visitor: Visitor) -> None:
    chosen = {
        "mode": "optimized",
        "strategy": "bayesian",
        "n_trials": "3",
        "budget": "10m",
        "epochs": "2..4",
        "activation": "tanh, relu",
        "exploration": "50",
        "refit_all": "on",
        "horizon": "2",
        "target": "difference",
        "features": "close",
        "seed": "7",
        "split": "shares",
        "share_train": "60",
        "share_validation": "15",
        "share_calibration": "10",
    }
    number = int(send(visitor, **chosen).headers["location"].rpartition("=")[2])
    spec = visitor.registry.experiment(number).spec
    assert spec.search is not None
    assert (spec.search.strategy, spec.search.n_trials, spec.search.budget_s) == ("bayesian", 3, 600.0)
    assert (spec.search.exploration, spec.search.pruning, spec.refit_all) == (0.5, False, True)
    assert spec.search.space.activation == ("tanh", "relu")
    assert spec.search.space.learning_rate == (0.0001, 0.0005, 0.001, 0.005, 0.01)
    assert (spec.horizon, spec.target, spec.features, spec.seed) == (2, "difference", "close", 7)
    assert spec.split.fractions == (0.6, 0.15, 0.1)


@pytest.mark.parametrize("is_installed", [True, False])
def test_cluster_is_offered_where_ray_is_installed_and_heeded(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    found = object() if is_installed else None
    monkeypatch.setattr("trintena.jobs.executors.find_spec", lambda name: found)
    assert len(named(visitor.sees(NEW), "executor")) == is_installed
    number = int(send(visitor).headers["location"].rpartition("=")[2])
    assert visitor.registry.experiment(number).executor == "local"
    if is_installed:
        number = int(send(visitor, executor="ray", key="2").headers["location"].rpartition("=")[2])
        assert visitor.registry.experiment(number).executor == "ray"
        assert "on the Ray cluster" in visitor.sees(f"{PATH}?experiment={number}").text
    else:
        assert "pip install" in refused(visitor, executor="ray", key="2").text


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"mode": "optimized", "n_trials": "99999"}, "n_trials", "Trials: enter a number from 1 to 3,360"),
        ({"mode": "optimized", "n_trials": "many"}, "n_trials", "Trials: enter a number from 1 to 3,360"),
        ({"model_ids": []}, "model_ids", "Choose at least one architecture"),
        ({"lookback": "1"}, "lookback", "Lookback: enter a number from 2 to 2,048"),
        ({"horizon": ""}, "horizon", "Horizon: enter a number from 1 to 512"),
        ({"mode": "optimized", "budget": "soon"}, "budget", "A budget is a span of time such as 90s"),
        ({"mode": "optimized", "epochs": "0"}, "epochs", "epochs: each value must be a whole number"),
        ({"dataset": ""}, "dataset", "Choose a stored series"),
        ({"dataset": "ffff"}, "dataset", "No dataset"),
        ({"series": "csv"}, "file", "Choose a CSV file"),
        ({"series": "symbol", "symbol": ""}, "symbol", "Symbol: enter one such as NVDA"),
        ({"lookback": "300"}, "split", "Too few rows"),
        ({"period": "dates", "start": "soon"}, "start", "First date: enter a date such as 2018-12-31"),
    ],
)
def test_what_is_wrong_is_said_first_and_beside_its_field(
    visitor: Visitor, changed: dict[str, Any], field: str, sentence: str
) -> None:
    page = refused(visitor, **changed)
    assert title(page).startswith("Error:")
    elements = by_id(page)
    assert "autofocus" in elements["problems"]
    assert field in elements
    assert f'<a href="#{field}">{sentence}' in page.source.replace("&#39;", "'")
    assert page.text.count(sentence) == 2
    assert visitor.registry.queue() == []
    if elements[field].get("type") != "radio" and field not in ("model_ids", "split"):
        assert elements[field]["aria-invalid"] == "true"
        assert f"{field}-wrong" in (elements[field]["aria-describedby"] or "").split()


def test_form_that_is_refused_keeps_what_was_typed(visitor: Visitor) -> None:
    page = refused(
        visitor, lang="pt", mode="optimized", n_trials="0", lookback="twelve", horizon="5", seed="3"
    )
    assert title(page).startswith("Erro:")
    assert "Há um problema" in page.text
    assert "Tentativas: digite um número de 1 a 3.360" in page.text
    kept = {
        name: named(page, name)[0]["value"] for name in ("lookback", "horizon", "seed", "key", "n_trials")
    }
    assert kept == {"lookback": "twelve", "horizon": "5", "seed": "3", "key": "one key", "n_trials": "0"}
    assert [each["value"] for each in named(page, "model_ids") if "checked" in each] == ["6", "9"]
    assert "checked" in by_id(page)["mode-optimized"]


def test_wrong_field_is_not_folded_away(visitor: Visitor) -> None:
    def advanced(page: Page) -> dict[str, str | None]:
        return next(each for _, each in page.elements if "advanced" in (each.get("class") or "").split())

    assert "open" not in advanced(visitor.sees(NEW))
    assert "open" in advanced(refused(visitor, seed="-1"))


def csv_of(values: np.ndarray[Any, Any]) -> bytes:
    days = np.busday_offset("2018-01-01", np.arange(len(values)), roll="forward")
    return "".join(
        ["date,close\n", *(f"{day},{x:.4f}\n" for day, x in zip(days, values, strict=True))]
    ).encode()


WALKED = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 900)))


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("symbol", {"series": "symbol", "symbol": "X" * 201}),
        ("sample", {"series": "sample", "sample": "sample:\x01"}),
        ("target", {"target": "price"}),
        ("features", {"features": "all"}),
        ("mode", {"mode": "slow"}),
        ("strategy", {"mode": "optimized", "strategy": "luck"}),
    ],
)
def test_what_no_browser_sends_by_itself_is_told_beside_its_field(
    visitor: Visitor, field: str, sent: dict[str, str]
) -> None:
    page = refused(visitor, **sent)
    assert f'href="#{field}"' in page.source
    assert "There is a problem" in page.text
    assert "The body" not in page.text
    assert re.search(r"\b(symbol|target|features|mode|optimization_strategy) must be ", page.text)


def test_file_comes_with_the_form_and_is_trained_on(visitor: Visitor) -> None:
    file = {"file": ("../up loaded.csv", csv_of(WALKED), "text/csv")}
    answer = send(visitor, files=file, series="csv", dataset="")
    assert answer.status_code == 303, answer.text
    (queued,) = visitor.registry.queue()
    assert visitor.registry.experiment(queued).spec.symbol == "up loaded"


def test_file_is_kept_whatever_else_is_wrong(visitor: Visitor) -> None:
    file = {"file": ("kept.csv", csv_of(WALKED), "text/csv")}
    page = refused(visitor, files=file, series="csv", dataset="", lookback="0")
    assert "checked" in by_id(page)["series-stored"]
    stored = visitor.registry.latest_dataset("kept")
    assert f'<option value="{stored}" selected>' in page.source


def test_file_that_cannot_be_read_is_refused_without_options_of_the_command_line(visitor: Visitor) -> None:
    jumping = WALKED.copy()
    jumping[250:] *= 10
    page = refused(visitor, files={"file": ("a.csv", csv_of(jumping), "text/csv")}, series="csv")
    assert "If the step is real, accept it below; if these are no prices, say below" in page.text
    assert "--" not in page.text


def test_series_that_is_not_positive_is_told_which_target_suits_it(visitor: Visitor) -> None:
    file = {"file": ("cold.csv", csv_of(np.round(20 * np.sin(np.arange(900) / 9), 3) + 3), "text/csv")}
    page = refused(visitor, files=file, series="csv", dataset="", lang="pt", allow_jumps="on")
    assert "Use o alvo “diferença”." in page.text
    assert '<a href="#target">' in page.source
    said = send(visitor, files=file, series="csv", dataset="", key="2", allow_jumps="on", measures="value")
    spec = visitor.registry.experiment(int(said.headers["location"].rpartition("=")[2])).spec
    assert (spec.measures, spec.target) == ("value", "difference")
    answer = send(
        visitor, series="stored", dataset=visitor.registry.latest_dataset("cold"), target="difference"
    )
    assert answer.status_code == 303


# What it costs


def cost(visitor: Visitor, lang: str = "en", **changed: Any) -> str:
    headers = {"Accept-Language": lang}
    answer = visitor.client.get(f"{PATH}/cost", params=fields(**changed), headers=headers)
    assert answer.status_code == 200
    return Page(answer.text).text


def test_cost_counts_trainings_and_tells_the_place_in_the_queue(visitor: Visitor) -> None:
    assert re.match(r"2 trainings about \d+ (s|min)$", cost(visitor))
    assert cost(visitor, mode="optimized", n_trials="20").startswith("46 trainings")
    assert cost(visitor, lang="pt", mode="optimized", n_trials="1000").startswith("2.006 treinos")
    assert "about 10 min" in cost(visitor, mode="optimized", budget="10m", n_trials="")
    visitor.submit()
    assert "Will queue, position 2" in cost(visitor)
    assert "Will queue, position 2" in visitor.sees(NEW).text
    assert "Entra na fila, posição 2" in cost(visitor, lang="pt")


def test_fields_that_make_no_sense_have_no_cost(visitor: Visitor) -> None:
    assert "Check the fields" in cost(visitor, lookback="0")
    assert "Check the fields" in cost(visitor, model_ids=[])


# Which experiment is shown


def test_page_shows_what_runs_and_a_link_leads_to_the_form(visitor: Visitor) -> None:
    assert "training" in by_id(visitor.sees(PATH))
    waiting = visitor.submit()
    assert by_id(visitor.sees(PATH))["experiment"]["data-experiment"] == str(waiting)
    with visitor.running() as running:
        page = visitor.sees(PATH)
        assert by_id(page)["experiment"]["data-experiment"] == str(running)
        assert f'href="{NEW}"' in page.source
        assert "training" in by_id(visitor.sees(NEW))


def test_experiment_that_is_not_there_is_a_page_that_is_not_there(visitor: Visitor) -> None:
    page = visitor.sees(f"{PATH}?experiment=999", status=404)
    assert "No experiment 999." in page.text


# While it runs


def test_run_shows_how_far_it_is_what_trains_and_who_leads(visitor: Visitor) -> None:
    with visitor.running(**RUNNING) as id_:
        page = visitor.sees(f"{PATH}?experiment={id_}")
    assert title(page).startswith("43% · WALK")
    bar = next(each for tag, each in page.elements if tag == "progress")
    assert bar["value"] == "0.4321"
    assert "43% 258 of 600 about 13 min left" in part(page, "head")
    assert "GRU Residual Dense 7/20, epoch 4" in part(page, "now")
    assert "GRU Residual Dense 0.00980000 last value 0.0100000" in part(page, "now")
    ranking = part(page, "ranking")
    assert "🥇 1 9 GRU Residual Dense 0.00980000 +2.00%" in ranking
    assert f"6 GRU Classic (64/32) failed: {REASON}" in ranking
    assert (
        ranking.index("Residual") < ranking.index("Classic") < ranking.index("Last value baseline 0.0100000")
    )
    assert "You may close this page; training goes on." in page.text
    assert [each["data-chart"] for _, each in page.elements if "data-chart" in each] == ["learning-curves"]


def test_run_speaks_portuguese(visitor: Visitor) -> None:
    with visitor.running(**RUNNING) as id_:
        text = visitor.sees(f"{PATH}?experiment={id_}", lang="pt").text
    for words in (
        "treinando",
        "43% 258 de 600 faltam cerca de 13 min",
        "último valor 0,0100000",
        "Pode fechar a página; o treino continua.",
        "Melhor até agora (provisório)",
    ):
        assert words in text


def announced(page: Page) -> str:
    return " ".join(re.findall(r'id="announcement">(.*?)<', page.source, re.S)[0].split())


def test_announcement_changes_with_state_leader_and_every_tenth_alone(visitor: Visitor) -> None:
    with visitor.running(**RUNNING) as id_:

        def heard(**progress: Any) -> str:
            visitor.registry.set_progress(id_, {**PROGRESS, **RUNNING, **progress})
            return announced(visitor.sees(f"{PATH}?experiment={id_}"))

        first = heard()
        assert first == "Training, 40% done. GRU Residual Dense leads so far."
        assert heard(share=0.49, n_ended=290, seconds_left=600.0) == first
        assert heard(share=0.51).startswith("Training, 50% done.")
        visitor.registry.request_cancel(id_)
        assert heard() == "Cancelling…"


def test_time_left_is_not_guessed_too_early_and_the_end_has_its_own_words(visitor: Visitor) -> None:
    with visitor.running(seconds_left=None) as id_:
        assert "estimating the time left" in visitor.sees(f"{PATH}?experiment={id_}").text
    with visitor.running(phase="judging") as id_:
        assert "Judging on the test segment" in visitor.sees(f"{PATH}?experiment={id_}").text
    with visitor.running(has_budget=True) as id_:
        assert "43% 258 trials" in part(visitor.sees(f"{PATH}?experiment={id_}"), "head")


def test_waiting_experiment_shows_its_place_and_can_be_taken_out(visitor: Visitor) -> None:
    visitor.submit()
    second = visitor.submit(seed=2)
    page = visitor.sees(f"{PATH}?experiment={second}")
    assert "In the queue, position 2" in page.text
    assert "No worker is running" in page.text
    asked = visitor.sees(f"{PATH}/cancel?experiment={second}")
    assert "Cancel training?" in asked.text
    answer = visitor.presses(f"{PATH}/cancel", experiment=str(second))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?experiment={second}")
    page = visitor.sees(f"{PATH}?experiment={second}")
    assert "Cancelled after 0 of 2. Nothing finished was lost." in page.text
    assert "champion" not in page.source.split("<main", 1)[1]
    assert not [each for _, each in page.elements if "data-chart" in each]


def test_run_is_cancelling_until_it_has_ended(visitor: Visitor) -> None:
    with visitor.running() as id_:
        assert "cancel-dialog" in by_id(visitor.sees(f"{PATH}?experiment={id_}"))
        assert visitor.presses(f"{PATH}/cancel", experiment=str(id_)).status_code == 303
        page = visitor.sees(f"{PATH}?experiment={id_}")
        assert "Cancelling…" in part(page, "head")
        assert "cancel" not in by_id(page)


def test_cancelling_what_has_ended_shows_how_it_ended(visitor: Visitor) -> None:
    assert visitor.presses(f"{PATH}/cancel", experiment=str(FAST)).status_code == 303
    assert visitor.registry.experiment(FAST).state == "succeeded"


# What came of it


def answer_of(visitor: Visitor, id_: int) -> dict[str, Any]:
    answer = visitor.registry.experiment(id_).result
    assert answer is not None
    return answer


def test_verdict_comes_first_then_the_champion_beside_the_last_value(visitor: Visitor) -> None:
    page, answer = visitor.sees(f"{PATH}?experiment={FAST}"), answer_of(visitor, FAST)
    winner = answer["winner"]
    text = page.text
    told = judgment.of_answer(answer)
    assert text.index(told) < text.index("Test skill") < text.index("Gain over") < text.index("Ranking")
    assert f"{winner['skill']:+z.2%} against the last value" in text
    assert f"{winner['skill_against_drift']:+z.2%} against drift" in text
    last = next(row for row in answer["baselines"] if row["key"] == "last_value")
    assert f"{last['validation_rmse']:#.6g} last value" in text
    assert f"{winner['test_majority_share']:.1%} always the commoner one" in text
    assert f"consulted {answer['test_consulted']}\N{MULTIPLICATION SIGN}" in text


def test_champion_can_be_used_and_its_files_fetched(visitor: Visitor) -> None:
    page, answer = visitor.sees(f"{PATH}?experiment={SEARCHED}"), answer_of(visitor, SEARCHED)
    version, serving = answer["champion"]["version"], answer["serving"]["version"]
    links = [each["href"] for each in page.all("a")]
    assert f"/custom-model?version={serving}" in links
    files = [f"/api/models/{version}/files/{kind}" for kind in ("keras", "scaler", "md", "json")]
    assert set(files) <= set(links)
    for address in (*files, f"/api/experiments/{SEARCHED}/board.csv"):
        assert address in links
        assert visitor.client.get(address).status_code == 200
    assert f"/api/experiments/{SEARCHED}/report" in links
    assert f"In use: version {serving}, trained on all rows" in page.text


def test_baselines_are_ranked_without_medal_and_the_last_value_stands_at_the_foot(visitor: Visitor) -> None:
    page = visitor.sees(f"{PATH}?experiment={FAST}")
    body, foot = re.findall(
        r"data-sortable.*?<tbody>(.*?)</tbody>.*?<tfoot>(.*?)</tfoot>", page.source, re.S
    )[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.S)
    baselines = [row for row in rows if 'class="baseline"' in row]
    assert (len(rows), len(baselines)) == (8, 6)
    assert not any(medal in row for row in baselines for medal in "🥇🥈🥉")
    assert "🥇" in body
    assert "🥈" in body
    assert "Last value" in foot
    scores = [float(re.findall(r'data-value="([^"]+)"', row)[0]) for row in rows]
    assert scores == sorted(scores)
    sorted_by = [each for each in page.all("th") if "aria-sort" in each]
    assert [each["aria-sort"] for each in sorted_by] == ["ascending"]
    assert "lower is better" in page.text


def test_charts_have_a_finding_and_their_data(visitor: Visitor) -> None:
    page = visitor.sees(f"{PATH}?experiment={FAST}")
    charts = [each for _, each in page.elements if "data-chart" in each]
    assert [each["data-chart"] for each in charts] == ["test-gain", "price-path", "learning-curves"]
    for chart in charts:
        assert visitor.client.get(chart["data-source"] or "").status_code == 200
    captions = [
        " ".join(each.split()) for each in re.findall(r"<figcaption>(.*?)</figcaption>", page.source, re.S)
    ]
    assert len(captions) == 3
    assert all(each.endswith(".") for each in captions)
    tables = [each["data-table"] or "" for _, each in page.elements if "data-table" in each]
    assert len(tables) == 3
    for address in tables:
        assert visitor.sees(address).all("table")


def test_search_shows_seeds_and_settings(visitor: Visitor) -> None:
    page, answer = visitor.sees(f"{PATH}?experiment={SEARCHED}"), answer_of(visitor, SEARCHED)
    seeds = answer["winner"]["seeds"]
    assert f"{seeds['min']:#.6g} lowest {seeds['max']:#.6g} highest of 3 fits" in page.text
    assert "activation tanh" in page.text
    assert visitor.sees(f"{PATH}/table?experiment={SEARCHED}&chart=learning-curves").all("td")


def test_several_steps_of_what_is_no_price(visitor: Visitor) -> None:
    page = visitor.sees(f"{PATH}?experiment={ELSEWHERE}", lang="pt")
    assert "3 passos à frente · diferença" in page.text
    assert "Trajetória" in page.text
    assert not re.search(r"Price|Ranking so|Succeeded", page.text)


def stopped(visitor: Visitor, state: str, *, n_failed: int = 1, n_done: int = 1) -> int:
    """An experiment over two architectures that stopped before its end, with what it left."""
    id_ = visitor.submit(seed=11)
    visitor.registry.set_state(id_, "running")
    done = visitor.registry.trials(FAST)
    for trial in done[:n_done]:
        visitor.registry.record_trial(id_, trial, {})
    for trial in done[len(done) - n_failed :] if n_failed else ():
        failed = TrialResult(trial.model_id, "FAIL", trial.hyperparameters, trial.seed, reason=REASON)
        visitor.registry.record_trial(id_, failed, {})
    registry = visitor.registry
    if state == "cancelled":
        answer = partial_answer(Case.load(registry, registry.experiment(id_)), registry.trials(id_), [])
        registry.finish(id_, "cancelled", answer)
    else:
        registry.set_state(id_, "failed", "memory ran out")
    return id_


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_what_stopped_shows_its_best_without_a_verdict_and_can_go_on(visitor: Visitor, state: str) -> None:
    id_ = stopped(visitor, state)
    page = visitor.sees(f"{PATH}?experiment={id_}")
    told = {"cancelled": "Cancelled after 2 of 2.", "failed": "Stopped after 2 of 2: memory ran out."}
    assert told[state] in page.text
    assert "Nothing finished was lost." in page.text
    assert "Not judged: the test segment was not consulted." in page.text
    assert "Best so far (provisional)" in page.text
    assert "Partial" in page.text
    assert "against the last value" not in page.text
    assert (
        f"Failed (1) 9 GRU Residual Dense : {REASON} A recurrence with relu can run away over a window of "
        "8 rows. A bounded activation holds: choose the mode Optimized and, under Advanced options, tanh as "
        "the activation; so does a shorter lookback."
    ) in page.text
    answer = visitor.presses(f"{PATH}/resume", experiment=str(id_))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?experiment={id_}")
    assert visitor.registry.queue() == [id_]


def test_where_nothing_finished_there_is_no_card_but_grouped_reasons(visitor: Visitor) -> None:
    id_ = stopped(visitor, "failed", n_done=0, n_failed=2)
    page = visitor.sees(f"{PATH}?experiment={id_}")
    assert f"2 \N{MULTIPLICATION SIGN} {REASON} A recurrence with relu can run away" in page.text
    page_pt = visitor.sees(f"{PATH}?experiment={id_}", lang="pt").text
    assert page_pt.count("Uma recorrência com relu pode disparar ao longo de uma janela de 8 linhas.") == 1
    assert "--" not in page.text + page_pt
    assert not page.all("table")
    assert not [each for _, each in page.elements if "data-chart" in each]


def test_what_was_cut_off_outside_the_queue_can_be_resumed(visitor: Visitor) -> None:
    spec = replace(visitor.registry.experiment(FAST).spec, seed=12)
    id_ = visitor.registry.create_experiment(spec)
    visitor.registry.set_state(id_, "running")
    page = visitor.sees(f"{PATH}?experiment={id_}", lang="pt")
    assert "Interrompido após 0 de 2. Nada concluído se perdeu." in page.text
    assert "Retomar" in page.text
