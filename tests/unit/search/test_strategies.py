from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from trintena.domain import Hyperparameters, Range, Search, SearchSpace, TrialResult
from trintena.errors import UnknownNameError, UsageError
from trintena.search import STRATEGIES, n_combinations, propose, total_trials
from trintena.search.strategies import MOST_TRIALS

if TYPE_CHECKING:
    from conftest import Ended

SMALL = SearchSpace((0.001, 0.01), (16,), (0.1, 0.2), (10,), ("relu", "tanh", "elu"))
TABLE = SearchSpace(epochs=(30,))
"""840 combinations: the specification's space with the epochs read off a learning curve."""
CONTINUOUS = SearchSpace(
    learning_rate=Range(0.0001, 0.01, log=True),
    batch_size=Range(16, 128, log=True),
    dropout_rate=Range(0.0, 0.5),
    epochs=Range(10, 50, 10),
)

Run = Callable[..., list[TrialResult]]


@pytest.fixture(scope="module")
def run(ended: Ended) -> Run:
    """Runs a whole search on a function from settings to values; an infinite one is a divergence."""

    def search_through(
        search: Search, seed: Sequence[int], value: Callable[[Hyperparameters], float] = lambda _: 0.02
    ) -> list[TrialResult]:
        past: list[TrialResult] = []
        while proposals := propose(search, past, seed):
            for setting in proposals:
                rmse = value(setting)
                past.append(ended(len(past), setting, [rmse], "COMPLETE" if np.isfinite(rmse) else "FAIL"))
        return past

    return search_through


def settings(trials: Sequence[TrialResult]) -> list[Hyperparameters]:
    return [trial.hyperparameters for trial in trials]


def rounds(search: Search, ended: Ended) -> list[int]:
    past: list[TrialResult] = []
    sizes = []
    while proposals := propose(search, past, (0,)):
        sizes.append(len(proposals))
        past += [ended(len(past) + i, setting) for i, setting in enumerate(proposals)]
    return sizes


def in_space(setting: Hyperparameters, space: SearchSpace) -> bool:
    def holds(choice: tuple[Any, ...] | Range, value: Any) -> bool:
        return choice.low <= value <= choice.high if isinstance(choice, Range) else value in choice

    return all(holds(getattr(space, name), value) for name, value in asdict(setting).items())


# --- how many trials -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "total"),
    [
        (Search("grid", None), 3360),
        (Search("grid", 100), 100),
        (Search("grid", 5000), 3360),
        (Search("random", None), 20),
        (Search("bayesian", None), 20),
        (Search("random", 7), 7),
        (Search("random", 50, SMALL), 12),
        (Search("bayesian", None, SMALL), 12),
        (Search("bayesian", 10_000, CONTINUOUS), 10_000),
        (Search("random", None, budget_s=600.0), 3360),
        (Search("bayesian", 7, budget_s=600.0), 7),
        (Search("bayesian", None, CONTINUOUS, budget_s=600.0), MOST_TRIALS),
    ],
)
def test_the_total_is_what_was_asked_for_and_at_most_what_the_space_holds(search: Search, total: int) -> None:
    assert total_trials(search) == total


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("n_trials", [0, -1, 2.5, True, "20"])
def test_a_number_of_trials_that_makes_no_sense_is_refused(strategy: Any, n_trials: Any) -> None:
    with pytest.raises(UsageError, match="whole number of at least 1, not") as caught:
        total_trials(Search(strategy, n_trials))
    assert caught.value.field == "n_trials"


@pytest.mark.parametrize("n_trials", [None, 5])
def test_a_grid_over_a_continuous_range_is_refused_with_its_field(n_trials: int | None) -> None:
    search = Search("grid", n_trials, replace(TABLE, dropout_rate=Range(0.1, 0.4)))
    with pytest.raises(UsageError, match=r"dropout_rate: grid .* no step\. Give a step or a list") as caught:
        total_trials(search)
    assert caught.value.field == "dropout_rate"


def test_an_unknown_strategy_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'random'"):
        propose(Search("randm"), [], (0,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strategy", "sizes"), [("grid", [12, 8]), ("random", [12, 8]), ("bayesian", [6, 4, 4, 4, 2])]
)
def test_rounds_have_fixed_sizes_and_the_last_one_what_is_left(
    strategy: Any, sizes: list[int], ended: Ended
) -> None:
    assert rounds(Search(strategy, 20), ended) == sizes


# --- grid --------------------------------------------------------------------------------------------


def test_a_grid_tries_every_combination_of_the_specifications_space_once(run: Run) -> None:
    tried = settings(run(Search("grid", None), (0,)))
    space = SearchSpace()
    assert len(tried) == len(set(tried)) == 3360
    assert all(in_space(setting, space) for setting in tried)


def test_a_grid_goes_through_a_small_space_in_its_order(run: Run) -> None:
    expected = [
        Hyperparameters(rate, 16, dropout, 10, activation)
        for rate, dropout, activation in product((0.001, 0.01), (0.1, 0.2), ("relu", "tanh", "elu"))
    ]
    assert settings(run(Search("grid", None, SMALL), (0,))) == expected
    assert settings(run(Search("grid", 12, SMALL), (5,))) == expected


def test_the_steps_of_a_range_are_the_numbers_that_a_person_would_write(run: Run) -> None:
    space = SearchSpace((0.001,), Range(16, 48, 16), Range(0.1, 0.4, 0.1), Range(9, 10), ("relu",))
    tried = settings(run(Search("grid", None, space), (0,)))
    assert [(t.batch_size, t.dropout_rate, t.epochs) for t in tried] == list(
        product((16, 32, 48), (0.1, 0.2, 0.3, 0.4), (9, 10))
    )


def test_of_a_grid_some_are_a_shuffle_that_depends_on_the_seed(run: Run) -> None:
    search = Search("grid", 100)
    first, second = (settings(run(search, (seed,))) for seed in (0, 1))
    assert len(set(first)) == len(set(second)) == 100
    assert first != second
    assert {setting.learning_rate for setting in first} == set(SearchSpace().learning_rate)


# --- random ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["random", "bayesian"])
@pytest.mark.parametrize("space", [SearchSpace(), TABLE, CONTINUOUS], ids=["default", "table", "continuous"])
def test_nothing_outside_the_space_and_nothing_twice_is_proposed(
    strategy: Any, space: SearchSpace, run: Run
) -> None:
    tried = settings(run(Search(strategy, 60, space), (3,), lambda setting: setting.learning_rate))
    assert len(tried) == len(set(tried)) == 60
    assert all(in_space(setting, space) for setting in tried)
    assert {type(setting.batch_size) for setting in tried} == {int}
    assert {type(setting.learning_rate) for setting in tried} == {float}


@pytest.mark.parametrize("strategy", ["random", "bayesian"])
@pytest.mark.parametrize(
    "space",
    [
        SMALL,
        SearchSpace((0.01, 0.001), Range(16, 20, log=True), (0.1,), Range(5, 7), ("relu",)),
        SearchSpace((0.001,), (16,), (0.1,), (10,), ("relu",)),
    ],
    ids=["lists", "ranges", "one"],
)
def test_a_small_space_is_used_up(strategy: Any, space: SearchSpace, run: Run) -> None:
    held = n_combinations(space)
    tried = settings(run(Search(strategy, 1000, space), (1,)))
    assert len(tried) == len(set(tried)) == held
    assert all(in_space(setting, space) for setting in tried)


def test_random_draws_are_even_over_values_and_over_orders_of_magnitude(run: Run) -> None:
    tried = settings(run(Search("random", 1000, CONTINUOUS), (0,)))

    def share(condition: Callable[[Hyperparameters], bool]) -> float:
        return sum(map(condition, tried)) / len(tried)

    # Each share has a standard deviation of 0.016 or less.
    assert share(lambda s: s.learning_rate < 0.001) == pytest.approx(1 / 2, abs=0.06)
    assert share(lambda s: s.batch_size < 45) == pytest.approx(
        np.log(44.5 / 15.5) / np.log(128.5 / 15.5), abs=0.06
    )
    assert share(lambda s: s.batch_size == 16) == pytest.approx(
        np.log(16.5 / 15.5) / np.log(128.5 / 15.5), abs=0.012
    )
    assert share(lambda s: s.dropout_rate < 0.1) == pytest.approx(1 / 5, abs=0.06)
    assert share(lambda s: s.epochs == 10) == pytest.approx(1 / 5, abs=0.06)
    assert share(lambda s: s.activation == "gelu") == pytest.approx(1 / 7, abs=0.06)


# --- the same again ----------------------------------------------------------------------------------

PROGRAM = """
import json, sys
from dataclasses import asdict
from trintena.domain import Hyperparameters, Search, SearchSpace, TrialResult
from trintena.search import propose

search, past, seed = json.load(sys.stdin)
trials = [
    TrialResult(11, "COMPLETE", Hyperparameters(**setting), 7, number, validation_rmse=rmse)
    for number, (setting, rmse) in enumerate(past)
]
print(json.dumps([asdict(setting) for setting in propose(Search.from_json(search), trials, seed)]))
"""


@pytest.mark.parametrize("space", [TABLE, CONTINUOUS], ids=["table", "continuous"])
def test_a_fresh_process_proposes_the_same(space: SearchSpace, ended: Ended) -> None:
    search = Search("bayesian", 20, space)
    first = propose(search, [], (7, 11))
    past = [ended(i, setting, [setting.dropout_rate]) for i, setting in enumerate(first)]
    second = propose(search, past, (7, 11))
    assert second == propose(search, past, (7, 11))
    assert second != propose(search, past, (8, 11))
    known = [[asdict(trial.hyperparameters), trial.validation_rmse] for trial in past]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([asdict(search), known, [7, 11]]),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "1", "TRINTENA_LANG": "pt"},
    )
    assert [Hyperparameters(**setting) for setting in json.loads(done.stdout)] == second


def test_reading_the_package_loads_no_optuna() -> None:
    program = (
        "import sys, trintena.search; print(*{'optuna', 'sqlalchemy', 'jax', 'keras'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# --- bayesian ----------------------------------------------------------------------------------------


def planted(seed: int) -> Callable[[Hyperparameters], float]:
    """A response table of 840 cells with its optimum planted somewhere, and noise in every cell.

    The rate and the batch size trade off, the dropout matters little, two activations do well. The
    noise has a fifth of the table's standard deviation.
    """
    rng = np.random.default_rng([seed, 840])
    rates, sizes, dropouts, activations = (
        getattr(TABLE, name) for name in ("learning_rate", "batch_size", "dropout_rate", "activation")
    )
    rate, size, dropout, activation = np.meshgrid(
        *(np.arange(len(c)) for c in (rates, sizes, dropouts, activations)), indexing="ij"
    )
    best = [rng.integers(len(c)) for c in (rates, sizes, dropouts, activations)]
    table = (
        (rate - best[0] - 0.3 * (size - best[1])) ** 2
        + 0.5 * (size - best[1]) ** 2
        + 0.1 * (dropout - best[2]) ** 2
        + 3.0 * ((activation - best[3]) % 7 > 1)
    )
    table = table + 0.2 * table.std() * rng.normal(size=table.shape)
    table = (table - table.min()) / table.std()
    return lambda s: float(
        table[
            rates.index(s.learning_rate),
            sizes.index(s.batch_size),
            dropouts.index(s.dropout_rate),
            activations.index(s.activation),
        ]
    )


def best_so_far(trials: Sequence[TrialResult]) -> list[float]:
    return list(np.minimum.accumulate([trial.validation_rmse for trial in trials]))


def test_bayesian_gets_nearer_to_a_planted_optimum_than_random(run: Run) -> None:
    """At trial 20, paired by table and by the first six trials: the 95 % interval excludes zero."""
    differences = []
    for seed in range(60):
        modelled = run(Search("bayesian", 20, TABLE), (seed,), planted(seed))
        drawn = run(Search("random", 20, TABLE), (seed,), planted(seed))
        assert settings(modelled)[:6] == settings(drawn)[:6]
        differences.append(best_so_far(modelled)[-1] - best_so_far(drawn)[-1])
    mean, error = np.mean(differences), np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert mean + 1.96 * error < 0, f"{mean:+.3f} ± {1.96 * error:.3f}"


@pytest.mark.parametrize("space", [TABLE, SMALL, CONTINUOUS], ids=["table", "small", "continuous"])
def test_nothing_but_exploration_is_a_random_search(space: SearchSpace, run: Run) -> None:
    def value(setting: Hyperparameters) -> float:
        return setting.learning_rate

    explored = run(Search("bayesian", 30, space, exploration=1.0), (4,), value)
    assert settings(explored) == settings(run(Search("random", 30, space), (4,), value))
    modelled = run(Search("bayesian", 30, space, exploration=0.0), (4,), value)
    assert settings(modelled) != settings(explored)


def test_exploration_is_the_share_of_proposals_at_random(ended: Ended) -> None:
    """A proposal that `random` makes too is one that was drawn; the model hits it by chance at 1 in 840."""
    past = [
        ended(i, s, [s.dropout_rate]) for i, s in enumerate(propose(Search("bayesian", 20, TABLE), [], (0,)))
    ]
    n_drawn = n = 0
    for seed in range(60):
        drawn = propose(Search("random", 200, TABLE), past, (seed,))[:4]
        proposed = propose(Search("bayesian", 200, TABLE), past, (seed,))
        n_drawn += sum(a == b for a, b in zip(proposed, drawn, strict=True))
        n += 4
    assert n_drawn / n == pytest.approx(0.3, abs=0.1)


def near(setting: Hyperparameters) -> bool:
    return setting.learning_rate >= 0.005 and setting.activation in ("selu", "elu")


def test_where_trials_diverged_the_model_proposes_less(ended: Ended) -> None:
    """Failures count as worst: their neighbourhood gets less than its share of 2/5 x 2/7."""
    rng = np.random.default_rng(0)
    bad = [s for s in propose_all(TABLE) if near(s)]
    good = [s for s in propose_all(TABLE) if not near(s)]
    shares = []
    for seed in range(15):
        failed = [bad[i] for i in rng.choice(len(bad), 8, replace=False)]
        fine = [good[i] for i in rng.choice(len(good), 6, replace=False)]
        past = [
            *(ended(i, s, [0.02 + 0.001 * i]) for i, s in enumerate(fine)),
            *(ended(6 + i, s, [float("nan")], "FAIL", reason="diverged") for i, s in enumerate(failed)),
        ]
        proposed = propose(Search("bayesian", 200, TABLE, exploration=0.0), past, (seed,))
        shares.append(np.mean([near(s) for s in proposed]))
    assert np.mean(shares) < 0.02


def propose_all(space: SearchSpace) -> list[Hyperparameters]:
    return [
        Hyperparameters(*values)
        for values in product(
            space.learning_rate, space.batch_size, space.dropout_rate, space.epochs, space.activation
        )
    ]


def test_a_model_is_not_misled_where_nearly_all_trials_failed(ended: Ended) -> None:
    """With one trial that ended well, one in ten is good only if failures are never counted among them."""
    every = propose_all(TABLE)
    bad = [s for s in every if near(s)][:25]
    fine = ended(25, Hyperparameters(0.0001, 16, 0.1, 30, "tanh"), [0.02])
    past = [*(ended(i, s, [float("nan")], "FAIL") for i, s in enumerate(bad)), fine]
    proposed = [
        s
        for seed in range(10)
        for s in propose(Search("bayesian", 200, TABLE, exploration=0.0), past, (seed,))
    ]
    assert np.mean([near(s) for s in proposed]) < 0.02


def test_where_every_trial_failed_the_search_goes_on(ended: Ended) -> None:
    first = propose(Search("bayesian", 20, TABLE), [], (0,))
    past = [ended(i, s, [float("nan")], "FAIL") for i, s in enumerate(first)]
    assert len(set(propose(Search("bayesian", 20, TABLE), past, (0,))) - set(first)) == 4


def test_pruned_trials_teach_the_model(ended: Ended) -> None:
    """One trial ended well with a low rate; the pruned ones, all with high rates, are the bad ones."""
    high = [s for s in propose_all(TABLE) if s.learning_rate >= 0.001]
    rng = np.random.default_rng(1)
    rates = []
    for seed in range(15):
        past = [
            ended(0, Hyperparameters(0.0001, 32, 0.2, 30, "gelu"), [0.02]),
            *(
                ended(1 + i, high[at], [0.05, 0.04, 0.03][: 1 + 2 * (i % 2)], "PRUNED")
                for i, at in enumerate(rng.choice(len(high), 9, replace=False))
            ),
        ]
        proposed = propose(Search("bayesian", 200, TABLE, exploration=0.0), past, (seed,))
        rates += [s.learning_rate for s in proposed]
    assert np.mean([rate <= 0.0005 for rate in rates]) > 0.7


def test_where_all_were_pruned_the_one_that_got_furthest_is_the_best(ended: Ended) -> None:
    """Its own values are no lower: what survived a rung was better than the others there."""
    others = [s for s in propose_all(TABLE) if s.learning_rate >= 0.001]
    rng = np.random.default_rng(2)
    rates = []
    for seed in range(15):
        past = [
            ended(0, Hyperparameters(0.0001, 32, 0.2, 30, "gelu"), [0.05, 0.05, 0.05], "PRUNED"),
            *(
                ended(1 + i, others[at], [0.05], "PRUNED")
                for i, at in enumerate(rng.choice(len(others), 9, replace=False))
            ),
        ]
        proposed = propose(Search("bayesian", 200, TABLE, exploration=0.0), past, (seed,))
        rates += [s.learning_rate for s in proposed]
    assert np.mean([rate <= 0.0005 for rate in rates]) > 0.7


def test_numbers_are_ordered_for_the_model_however_the_lists_are(ended: Ended) -> None:
    jumbled = replace(
        TABLE,
        learning_rate=(0.005, 0.0001, 0.01, 0.001, 0.0005),
        batch_size=(128, 16, 64, 32),
        dropout_rate=(0.4, 0.1, 0.3, 0.15, 0.25, 0.2),
    )
    first = propose(Search("bayesian", 20, TABLE), [], (0,))
    past = [ended(i, s, [s.learning_rate]) for i, s in enumerate(first)]
    proposed = [
        propose(Search("bayesian", 20, space, exploration=0.0), past, (0,)) for space in (TABLE, jumbled)
    ]
    assert proposed[0] == proposed[1]
