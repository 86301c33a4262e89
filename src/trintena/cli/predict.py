"""`trintena predict`: the champion's next forecast."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from trintena.cli.forecast_shown import written_date
from trintena.cli.options import OptionalVersion
from trintena.cli.output import people, print_json, screen, warn
from trintena.cli.tables import print_fields, print_table
from trintena.language import number, phrase
from trintena.report import words

_LEVELS = ("80", "95")
"""Of the intervals in the table, in percent; JSON has the one between, too."""


def predict(
    symbol: Annotated[
        str | None, typer.Option(help="Whose champion forecasts; default: the newest champion of all.")
    ] = None,
    model: OptionalVersion = None,
    as_json: Annotated[
        bool, typer.Option("--json/--table", help="Print JSON, or a table for people, to standard output.")
    ] = True,
) -> None:
    """Forecast the next steps of a series from its newest data, in its own units, with dates.

    The model's files are checked first. Warnings go to standard error.

    \b
    Examples:
    - `trintena predict`
    - `trintena predict --symbol NVDA --table`
    - `trintena predict --model 2`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        answer = trintena.services.predict(symbol, model)
    for remark in answer["remarks"]:
        if "source_unavailable" in answer["warnings"]:
            warn(remark)
        else:
            people.print(remark, markup=False, soft_wrap=True)
    if "old_data" in answer["warnings"]:
        warn(_old_data(answer))
    if as_json:
        print_json(answer)
    else:
        _print_forecast(answer)
    people.print(answer["notice"], markup=False, soft_wrap=True)


def _old_data(answer: dict[str, Any]) -> str:
    symbol, origin, days = answer["symbol"], answer["origin"], number(answer["age_days"])
    return phrase(
        en=f"The newest data of {symbol} is of {origin}, {days} days ago. "
        "The forecast starts there, not today.",
        pt=f"O dado mais novo de {symbol} é de {origin}, há {days} dias. A previsão parte dali, não de hoje.",
    )


def _print_forecast(answer: dict[str, Any]) -> None:
    model, version = f"{answer['model_id']}  {answer['model_name']}", answer["version"]
    steps, levels = (
        answer["forecast"],
        [each for each in _LEVELS if each in answer["forecast"][0]["intervals"]],
    )
    pattern = f",.{words.decimals_of(answer['last_value'], steps, levels)}f"
    last, origin = number(answer["last_value"], pattern), written_date(answer["origin"])
    print_fields(
        {
            phrase(en="symbol", pt="símbolo"): answer["symbol"],
            phrase(en="model", pt="modelo"): phrase(
                en=f"{model}, version {version}", pt=f"{model}, versão {version}"
            ),
            phrase(en="last value", pt="último valor"): phrase(
                en=f"{last} on {origin}", pt=f"{last} em {origin}"
            ),
        }
    )
    screen.print()
    forecast = phrase(en="forecast", pt="previsão")
    target = words.target(answer["target"], answer["measures"])
    change = phrase(en=f"{target} from the last value", pt=f"{target} desde o último valor")
    between = [phrase(en=f"{level}% between", pt=f"{level}% entre") for level in levels]
    print_table(
        (phrase(en="date", pt="data"), forecast, *between, change),
        [
            (
                written_date(step["date"]),
                number(step["price"], pattern),
                *(_between(step["intervals"][level], pattern) for level in levels),
                number(step["change"], "+.4g"),
            )
            for step in steps
        ],
        right=(forecast, *between, change),
    )


def _between(interval: list[float], pattern: str) -> str:
    low, high = (number(bound, pattern) for bound in interval)
    return phrase(en=f"{low} and {high}", pt=f"{low} e {high}")
