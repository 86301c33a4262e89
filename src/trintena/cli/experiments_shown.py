"""Experiments as people see them: the list, and one with its search and how far that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trintena.cli.backtest_shown import print_backtest
from trintena.cli.board import print_board, told_search
from trintena.cli.output import screen
from trintena.cli.tables import NOTHING, moment, print_fields, print_table
from trintena.cli.texts import say
from trintena.data.words import features
from trintena.domain import ENDED, Range, SearchSpace
from trintena.language import number, phrase, span
from trintena.report import reasons, words

if TYPE_CHECKING:
    from trintena.domain import Backtest, ExperimentSpec, Search, TrialState
    from trintena.registry import ExperimentRecord

_REASONS_SHOWN = 3


def print_experiments(records: Sequence[ExperimentRecord], rows: Sequence[dict[str, Any]]) -> None:
    """Print the list: what ran, how far it is, who won."""
    heads = {
        "id": "id",
        "state": phrase(en="state", pt="estado"),
        "symbol": phrase(en="symbol", pt="símbolo"),
        "progress": phrase(en="progress", pt="andamento"),
        "winner": phrase(en="winner", pt="primeiro lugar"),
        "mode": phrase(en="mode", pt="modo"),
        "created": phrase(en="created", pt="criado"),
    }
    print_table(
        list(heads.values()),
        [
            (
                str(record.id),
                _standing(row),
                row["symbol"],
                progress(record),
                row["winner"]["model_name"] if row["winner"] else NOTHING,
                say(row["mode"]),
                moment(record.created_at),
            )
            for record, row in zip(records, rows, strict=True)
        ],
        right=("id",),
        folding=[heads[key] for key in ("symbol", "progress", "winner")],
        optional=[heads[key] for key in ("created", "mode")],
    )


def print_experiment(record: ExperimentRecord, row: dict[str, Any]) -> None:
    """Print what an experiment runs, and how far it is."""
    spec = record.spec
    told = _standing(row)
    target, read = words.target(spec.target, spec.measures), features(spec.features, spec.measures)
    rows = number(spec.lookback)
    first, last, dataset = _day(spec.start), _day(spec.end), spec.dataset_hash[:12]
    shown = {
        phrase(en="experiment", pt="experimento"): str(record.id),
        phrase(en="state", pt="estado"): told if record.message is None else f"{told}: {record.message}",
        phrase(en="series", pt="série"): phrase(
            en=f"{spec.symbol}, {first} to {last}, dataset {dataset}",
            pt=f"{spec.symbol}, {first} a {last}, conjunto de dados {dataset}",
        ),
        phrase(en="mode", pt="modo"): phrase(
            en=f"{say(spec.mode)}, seed {spec.seed}", pt=f"{say(spec.mode)}, semente {spec.seed}"
        ),
        phrase(en="forecast", pt="previsão"): phrase(
            en=f"{target}, {number(spec.horizon)} ahead, from windows of {rows} rows of {read}",
            pt=f"{target}, {number(spec.horizon)} à frente, de janelas de {rows} linhas de {read}",
        ),
    }
    if record.executor != "local":
        shown[phrase(en="executor", pt="executor")] = record.executor
    if spec.backtest is not None:
        shown |= _backtest_fields(spec.backtest)
    if spec.search is not None:
        shown |= _search_fields(spec.search)
    shown |= {
        phrase(en="progress", pt="andamento"): progress(record),
        phrase(en="created", pt="criado"): moment(record.created_at),
        phrase(en="ended", pt="fim"): moment(record.finished_at),
    }
    print_fields(shown | _saved(record.result or {}))


def print_answer(spec: ExperimentSpec, answer: dict[str, Any]) -> None:
    """Print what an experiment answered: a board, or how a version did in the past."""
    if spec.backtest is None:
        print_board(answer, spec)
    else:
        print_backtest(answer)


def print_trial_counts(
    rows: Sequence[dict[str, Any]], counts: Mapping[int, Mapping[TrialState, int]], *, alive: bool
) -> None:
    """Print how many trials of each architecture are in each state, and how many fits there are.

    Where nobody runs the experiment, what the database has as running was cut off, and will run again.
    """
    states: dict[TrialState, str] = {
        "WAITING": phrase(en="waiting", pt="em espera"),
        "RUNNING": phrase(en="running", pt="em execução")
        if alive
        else phrase(en="cut off", pt="interrompidas"),
        "COMPLETE": phrase(en="complete", pt="completas"),
        "PRUNED": phrase(en="pruned", pt="podadas"),
        "FAIL": phrase(en="failed", pt="com falha"),
    }
    # of the exceptional states only those that occur
    shown = [key for key in states if key == "COMPLETE" or any(own[key] for own in counts.values())]
    names = {row["model_id"]: row["model_name"] for row in rows}
    fits = {row["model_id"]: len((row["seeds"] or {}).get("rmse", ())) for row in rows}
    headings = [
        phrase(en="Architecture", pt="Arquitetura"),
        *(states[key] for key in shown),
        phrase(en="fits", pt="ajustes"),
    ]
    print_table(
        headings,
        [
            (
                f"{model_id} {names[model_id]}",
                *(number(own[key]) for key in shown),
                number(fits[model_id]),
            )
            for model_id, own in counts.items()
        ],
        right=headings[1:],
        folding=headings[:1],
        optional=[headings[-1], states["WAITING"], states["RUNNING"]],
    )


def print_failures(failures: Mapping[str, int]) -> None:
    """Print why trials failed, the commonest reasons first; nothing where none did."""
    by_number = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    for reason, n in by_number[:_REASONS_SHOWN]:
        told = reasons.told(reason)
        screen.print(
            phrase(en=f"Failed, {number(n)}: {told}", pt=f"Com falha, {number(n)}: {told}"), soft_wrap=True
        )
    if others := sum(n for _, n in by_number[_REASONS_SHOWN:]):
        screen.print(
            phrase(
                en=f"Failed, {number(others)}: for other reasons",
                pt=f"Com falha, {number(others)}: por outras razões",
            )
        )


def progress(record: ExperimentRecord) -> str:
    """How many trials have ended, of how many; fast mode has one for each architecture."""
    counts, search = record.trial_counts, record.spec.search
    ended = number(sum(counts[state] for state in ENDED))
    if record.spec.backtest is not None:
        total = number(max(record.spec.backtest.n_refits, 1))
        told = phrase(en=f"{ended} of {total}", pt=f"{ended} de {total}")
    elif search is None:
        told = phrase(en=f"{ended} of {number(record.n_models)}", pt=f"{ended} de {number(record.n_models)}")
    else:
        from trintena.search import total_trials

        total = number(total_trials(search) * record.n_models)
        at_most = "" if search.budget_s is None else phrase(en="at most ", pt="no máximo ")
        told = phrase(en=f"{ended} of {at_most}{total} trials", pt=f"{ended} de {at_most}{total} tentativas")
    if pruned := counts["PRUNED"]:
        told += phrase(en=f", {number(pruned)} pruned", pt=f", {number(pruned)} podadas")
    if failed := counts["FAIL"]:
        told += phrase(en=f", {number(failed)} failed", pt=f", {number(failed)} com falha")
    return told


def state(code: str) -> str:
    """What people call the state of an experiment."""
    return words.state(code)[1]


def _standing(row: dict[str, Any]) -> str:
    """The state, and of what is left to the workers when its turn comes."""
    told = state(row["state"])
    if row["position"] is not None:
        n = number(row["position"])
        return phrase(en=f"{told}, position {n}", pt=f"{told}, posição {n}")
    if row["enqueued"] and row["state"] != "running":
        return phrase(en=f"{told}, goes on next", pt=f"{told}, continua em seguida")
    return told


def told_of(search: Search) -> str:
    """What is tried: the strategy, from how many combinations, how many trials of each architecture."""
    from trintena.search import n_combinations, total_trials

    told = told_search(search.strategy, search.n_trials, n_combinations(search.space))
    each = number(total_trials(search))
    if search.budget_s is None:
        told = phrase(
            en=f"{told}, {each} trials for each architecture", pt=f"{told}, {each} tentativas por arquitetura"
        )
    else:
        told = phrase(
            en=f"{told}, at most {each} trials for each architecture",
            pt=f"{told}, no máximo {each} tentativas por arquitetura",
        )
    if search.strategy == "bayesian":
        share = number(search.exploration, ".0%")
        told += phrase(
            en=f", {share} at random after the first ones", pt=f", {share} ao acaso depois das primeiras"
        )
    return told


def _search_fields(search: Search) -> dict[str, str]:
    """The settings of a search; of the space what differs from the specification's."""
    own = SearchSpace()
    changed = [
        f"{field.name} {_choice(getattr(search.space, field.name))}"
        for field in fields(SearchSpace)
        if getattr(search.space, field.name) != getattr(own, field.name)
    ]
    shown = {
        phrase(en="search", pt="busca"): told_of(search),
        phrase(en="space", pt="espaço"): "; ".join(changed)
        or phrase(en="as the specification has it", pt="o da especificação"),
        phrase(en="pruning", pt="poda"): phrase(en="on", pt="sim")
        if search.pruning
        else phrase(en="off", pt="não"),
    }
    if search.budget_s is not None:
        shown[phrase(en="budget", pt="orçamento")] = span(search.budget_s)
    return shown


def _backtest_fields(backtest: Backtest) -> dict[str, str]:
    """What a backtest rolls, and where."""
    first, last, n = _day(backtest.first), _day(backtest.last), number(backtest.n_origins)
    every = backtest.refit_every
    if every is None:
        how = phrase(en="weights as saved", pt="pesos como foram salvos")
    else:
        how = phrase(
            en=f"refitted every {number(every)} rows ({number(backtest.n_refits)} refits)",
            pt=f"ajustada de novo a cada {number(every)} linhas ({number(backtest.n_refits)} ajustes)",
        )
    return {
        phrase(en="backtest", pt="teste retroativo"): phrase(
            en=f"version {backtest.version}, {first} to {last}, {n} forecasts, {how}",
            pt=f"versão {backtest.version}, {first} a {last}, {n} previsões, {how}",
        )
    }


def _choice(choice: tuple[Any, ...] | Range) -> str:
    """A choice in the notation of the command line."""
    if not isinstance(choice, Range):
        return ", ".join(value if isinstance(value, str) else format(value, ".12g") for value in choice)
    rule = ":log" if choice.log else "" if choice.step is None else f":{choice.step:.12g}"
    return f"{choice.low:.12g}..{choice.high:.12g}{rule}"


def _saved(result: dict[str, Any]) -> dict[str, str]:
    """The model versions that an answer names."""
    told = []
    if champion := result.get("champion"):
        told.append(_version(champion, result.get("serving") is None))
    if serving := result.get("serving"):
        rows = phrase(en="trained on all rows", pt="treinada com todas as linhas")
        told.append(f"{_version(serving, True)}, {rows}")
    return {phrase(en="saved as", pt="salvo como"): "; ".join(told)} if told else {}


def _version(saved: dict[str, Any], says_title: bool) -> str:
    told = phrase(en="version", pt="versão") + f" {saved['version']}"
    if not says_title:
        return told
    title = (
        phrase(en="champion", pt="campeã")
        if saved["is_winner"]
        else phrase(en="not the champion", pt="não é a campeã")
    )
    return f"{told} ({title})"


def _day(date: str) -> str:
    return date.removesuffix("T00:00:00")
