"""What the test segment says of a winner: in a sentence, in few words, and whether that is good news.

Every page, table and file that tells a verdict takes its words from here, so that none says more than
another. The code of an answer is coarser than the sentence: `not_distinguishable` is whatever has not been
proved ahead, and some of that is plainly worse (`is_worse`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trintena.language import number, phrase
from trintena.report import words

if TYPE_CHECKING:
    from trintena.domain import ModelVersion

Told = Mapping[str, Any]
Answer = Mapping[str, Any]

_PROVED_WORSE = 0.95
"""Above this the one-sided test for a lead (`dm_p`) is one of lagging behind, at 5 %."""
_FAR_WORSE = -9.0
"""From here on the error is tenfold, and the loss a hundredfold: so wild that its own variance may hide it
from every test."""
_SAME = 0.01
"""A forecast whose error is that close to the last value's may be said to repeat it."""


def sentence(told: Told | None, better: Sequence[str] = ()) -> str:
    """The verdict, and nothing beyond it; after a victory, the baselines that did `better` still."""
    told = told or {}
    makers = {
        "beats_last_value": _beats_last_value,
        "not_distinguishable": _worse if is_worse(told) else _not_distinguishable,
        "ahead_on_test": _ahead_on_test,
    }
    if told.get("code") not in makers:
        return phrase(
            en="No verdict: the test was not consulted.", pt="Sem veredito: o teste não foi consultado."
        )
    parts = [makers[told["code"]](told)]
    if is_undecidable(told):
        parts.append(
            phrase(
                en="So long a horizon cannot be judged on so few origins: take a longer test segment, or a "
                "shorter horizon.",
                pt="Um horizonte tão longo não pode ser julgado com tão poucas origens: use um teste mais "
                "longo ou um horizonte menor.",
            )
        )
    parts.append(clone(told))
    if told["code"] == "beats_last_value":
        parts.append(better_sentence(better))
    return " ".join(filter(None, parts))


def of_answer(answer: Answer) -> str:
    """The sentence about the winner of an experiment, from its answer."""
    return sentence(answer.get("verdict"), better_baselines(answer))


def in_short(told: Told | None) -> str:
    """A verdict in two or three words, for tables; an alarm is part of it."""
    told = told or {}
    names = {
        "beats_last_value": phrase(en="Beats the last value", pt="Supera o último valor"),
        "ahead_on_test": phrase(en="Ahead on test", pt="À frente no teste"),
        "not_distinguishable": phrase(en="Not distinguishable", pt="Não se distingue"),
    }
    if told.get("code") not in names:
        return phrase(en="Not judged", pt="Sem veredito")
    said = names[told["code"]]
    if is_worse(told):
        said = phrase(en="Worse than the last value", pt="Pior que o último valor")
    elif told.get("persistence_clone"):
        said = (
            phrase(en="Repeats the last value", pt="Repete o último valor")
            if _is_the_same(told)
            else phrase(en="Cannot be told from noise", pt="Não se distingue de ruído")
        )
    return said + phrase(en="; alarm", pt="; alarme") if told.get("suspect_leakage") else said


def is_worse(told: Told) -> bool:
    """Whether a forecast that has not been proved ahead is behind by more than luck explains.

    A lag that is shown on too few origins is left undecided, as a lead is; a tenfold error is not.
    """
    skill, p = told.get("skill"), told.get("dm_p")
    if told.get("code") != "not_distinguishable" or skill is None or skill >= 0.0:
        return False
    return bool(skill < _FAR_WORSE or (p is not None and p > _PROVED_WORSE and not has_too_few_origins(told)))


def is_good_news(told: Told | None, model_id: int | None = None) -> bool:
    """Whether a verdict may be shown as good: ahead, without an alarm, and among those who may be the best.

    `model_id` is the winner's; a verdict without a confidence set, of a backtest, asks for none.
    """
    told = told or {}
    inside = (told.get("confidence_set") or {}).get("model_ids")
    return (
        told.get("code") == "beats_last_value"
        and not told.get("suspect_leakage")
        and (inside is None or model_id in inside)
    )


def has_too_few_origins(told: Told) -> bool:
    """Whether the test segment is too short, beside the horizon, for a test over all architectures.

    That test needs ten horizons of origins; the one of the winner alone, which there is then, needs one.
    """
    return told.get("dm_p") is not None and told.get("spa_p") is None


def is_undecidable(told: Told) -> bool:
    """Whether nothing can be said for want of origins; a tenfold error needs none more."""
    return has_too_few_origins(told) and not is_worse(told)


def clone(told: Told) -> str:
    """What is said of a forecast without anything of its own; nothing of others.

    Only where its error is that of the last value does it repeat it; elsewhere it adds something, but noise.
    """
    if not told.get("persistence_clone"):
        return ""
    if _is_the_same(told):
        return phrase(en="In practice it repeats the last value.", pt="Na prática, repete o último valor.")
    return phrase(
        en="What it adds to the last value cannot be told from noise.",
        pt="O que acrescenta ao último valor não se distingue de ruído.",
    )


def _is_the_same(told: Told) -> bool:
    skill = told.get("skill")
    return skill is not None and abs(skill) < _SAME


def winner_of(answer: Answer) -> Mapping[str, Any]:
    """The row of the first of the board; empty where there is none."""
    rows = answer.get("all_results") or answer.get("results") or ()
    return next((row for row in rows if row.get("rank") == 1), answer.get("winner")) or {}


def better_baselines(answer: Answer) -> list[str]:
    """The names of the baselines whose error on the test segment is below the winner's."""
    return names_below(winner_of(answer).get("test_rmse"), answer.get("baselines") or (), "test_rmse")


def names_below(rmse: float | None, baselines: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    """The names of the baselines whose figure `key` is below an RMSE, in the order given."""
    return [
        words.baseline(row["key"], row["name"])
        for row in baselines
        if rmse is not None and row.get(key) is not None and row[key] < rmse
    ]


def better_sentence(names: Sequence[str]) -> str:
    """That simpler forecasts did better; nothing where none did."""
    if not names:
        return ""
    every = ", ".join(names)
    return phrase(
        en=f"Baselines with a lower error on the test segment: {every}.",
        pt=f"Referências com erro menor no teste: {every}.",
    )


def verdict_of(model: ModelVersion) -> dict[str, Any]:
    """What the test segment said of a saved model, as it was registered."""
    told: dict[str, Any] | None = model.metrics.get("verdict")
    if told is not None:
        return told
    # Registered before anything was tested for luck: told as it was told then.
    test = model.metrics.get("test") or {}
    names = ("skill", "skill_against_drift", "persistence_clone")
    figures = {name: test.get(name) for name in names}
    if test.get("rmse") is None:
        return {**figures, "code": "not_judged"}
    ahead = all((figures[name] or 0.0) > 0 for name in names[:2]) and not figures["persistence_clone"]
    return {**figures, "code": "ahead_on_test" if ahead else "not_distinguishable"}


def _beats_last_value(told: Told) -> str:
    skill, drift = (_share(told[key]) for key in ("skill", "skill_against_drift"))
    proof = _p_values(told)
    return phrase(
        en=f"Beats repeating the last value on the test segment: its error is {skill} lower, and {drift} "
        f"lower than drift's. Luck alone would rarely get that far ({proof}).",
        pt=f"Supera repetir o último valor no teste: seu erro é {skill} menor, e {drift} menor que o da "
        f"tendência média. Só a sorte raramente chegaria tão longe ({proof}).",
    )


def _not_distinguishable(told: Told) -> str:
    skill, drift = (number(told.get(key), words.SIGNED) for key in ("skill", "skill_against_drift"))
    proof = f"; {p}" if (p := _p_values(told)) else ""
    return phrase(
        en=f"Not distinguishable from repeating the last value (test skill {skill}, against drift "
        f"{drift}{proof}).",
        pt=f"Não se distingue de repetir o último valor (ganho no teste {skill}, contra a tendência "
        f"{drift}{proof}).",
    )


def _worse(told: Told) -> str:
    skill, how = told["skill"], behind(told["skill"])
    figures = ""
    if skill >= _FAR_WORSE:  # beyond, no test and no second share makes it any clearer
        drift = number(told.get("skill_against_drift"), words.SIGNED)
        figures = phrase(en=f" (against drift {drift}", pt=f" (contra a tendência {drift}")
        figures += f"; {_p_values(told)})"
    return phrase(
        en=f"Worse than repeating the last value on the test segment: its error is {how}{figures}.",
        pt=f"Pior do que repetir o último valor no teste: seu erro é {how}{figures}.",
    )


def behind(skill: float) -> str:
    """By how much an error is higher, for a skill below 0: as a share, and from tenfold on as a multiple."""
    if skill >= _FAR_WORSE:
        share = _share(-skill)
        return phrase(en=f"{share} higher", pt=f"{share} maior")
    times = 1.0 - skill
    if times > 1e6:
        return phrase(
            en="more than a million times as high", pt="mais de um milhão de vezes o do último valor"
        )
    many = number(times, ",.0f")
    return phrase(en=f"{many} times as high", pt=f"{many} vezes o do último valor")


def _ahead_on_test(told: Told) -> str:
    """Of answers from before there was a test of it."""
    skill, drift = (_share(told[key]) for key in ("skill", "skill_against_drift"))
    return phrase(
        en=f"On the test segment its error is {skill} lower than the last value's and {drift} lower "
        "than drift's; whether that is more than luck has not been tested.",
        pt=f"No teste, seu erro é {skill} menor que o do último valor e {drift} menor que o da "
        "tendência média; se isso é mais que sorte, ainda não foi testado.",
    )


def _share(share: float) -> str:
    """By how much an error is lower or higher; a hair is not 0."""
    if share < 0.0001:
        return phrase(en="less than 0.01%", pt="menos de 0,01%")
    return number(share, ".2%")


def _p_values(told: Told) -> str:
    """Of the winner alone, and of all architectures taken together; those that there are."""
    own, all_of_them = told.get("dm_p"), told.get("spa_p")
    found = [] if own is None else [words.p_value(own)]
    if all_of_them is not None:
        together = words.p_value(all_of_them)
        found.append(
            phrase(
                en=f"over all architectures together {together}",
                pt=f"no conjunto de todas as arquiteturas, {together}",
            )
        )
    return "; ".join(found)
