"""From a form that makes sense to an experiment in the queue; what is refused is said beside its field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from trintena.errors import SourceError, TrintenaError, UsageError
from trintena.language import phrase
from trintena.web.pages.training.form import DEFAULTS, Filled, Problem
from trintena.web.submission import TrainingRequest, submit
from trintena.web.uploads import read_upload
from trintena.web.validation import field_of, sentence_of

if TYPE_CHECKING:
    from trintena.web.errors import RefusedError
    from trintena.web.site import Site

_PLACES = {"csv": "file", "stored": "dataset", "sample": "sample", "symbol": "symbol"}
"""By the kind of the series: the field that it is named in."""
_ELSEWHERE = {"space": "learning_rate", "optimization_strategy": "strategy"}


def send(
    site: Site, form: Filled, asked: dict[str, Any], sent: FormData, problems: list[Problem]
) -> tuple[int | None, Filled]:
    """The number of the experiment, and the form as it is to be shown if there is none.

    A file that can be read is stored in any case: browsers do not send one a second time by themselves.

    Raises:
        TrintenaError, RefusedError: as `submit`; and where a file cannot be read.
    """
    if form["series"] == "csv":
        form = _with_stored_file(site, form, sent, problems)
    series = _series(form)
    if not any(series.values()) and not problems:
        problems.append(Problem(_PLACES[form["series"]], _nothing_chosen(form["series"])))
    if problems:
        return None, form
    try:
        request = TrainingRequest.model_validate(asked | series)
    except ValidationError as error:
        problems += [_of_validation(dict(each)) for each in error.errors()]
        return None, form
    return submit(site, request, form.key or None).experiment_id, form


def problem_of(error: TrintenaError | RefusedError, form: Filled) -> Problem:
    """What is wrong, beside the field that can mend it."""
    return Problem(_place(error.field, form), _sentence(error))


def _series(form: Filled) -> dict[str, str | None]:
    if form["series"] in ("csv", "stored"):
        return {"dataset": form["dataset"] or None}
    return {"symbol": form[form["series"]] or None}


def _with_stored_file(site: Site, form: Filled, sent: FormData, problems: list[Problem]) -> Filled:
    """The form with the file that came with it as a stored series."""
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        problems.append(Problem("file", _nothing_chosen("csv")))
        return form
    reading = read_upload(
        file,
        site.options.maximum_upload_bytes,
        name=form["name"] or None,
        symbol=form["csv_symbol"] or None,
        column=form["column"] or None,
        decimal=form["decimal"] or None,
        thousands=form["thousands"] or None,
        day_first={"true": True, "false": False}.get(form["day_first"]),
        allow_jumps=form["allow_jumps"] != "",
    )
    site.services.store(reading.series)
    return replace(form, values={**form.values, "series": "stored", "dataset": reading.series.content_hash})


def _nothing_chosen(series: str) -> str:
    return {
        "csv": phrase(en="Choose a CSV file", pt="Escolha um arquivo CSV"),
        "stored": phrase(en="Choose a stored series", pt="Escolha uma série guardada"),
        "symbol": phrase(en="Symbol: enter one such as NVDA", pt="Símbolo: digite um, como NVDA"),
        "sample": phrase(en="Choose a sample", pt="Escolha uma amostra"),
    }[series]


def _of_validation(error: dict[str, Any]) -> Problem:
    field = (field_of(error) or "series").partition(".")[0]
    return Problem(_ELSEWHERE.get(field, field), sentence_of(error, None))


def _place(field: str | None, form: Filled) -> str:
    """The field of the form that a refusal is about."""
    if field in (None, "symbol", "dataset", "name"):
        return _PLACES.get(form["series"], "series")
    if field in DEFAULTS or field == "model_ids":
        return field
    return _ELSEWHERE.get(field, "series")


def _sentence(error: TrintenaError | RefusedError) -> str:
    """Message and remedy, without the options of the command line that some remedies name."""
    if isinstance(error, SourceError):
        remedy = phrase(en="Use the sample or a CSV.", pt="Use a amostra ou um CSV.")
    elif error.field == "target":
        remedy = phrase(en="Use target “difference”.", pt="Use o alvo “diferença”.")
    elif error.hint and "--" not in error.hint and "`trintena" not in error.hint:
        remedy = error.hint
    elif isinstance(error, UsageError) and error.field in (None, "lookback", "split", "years"):
        remedy = phrase(
            en="Choose more years, a shorter lookback or horizon, or another split.",
            pt="Escolha mais anos, um lookback ou horizonte menor, ou outra divisão.",
        )
    else:
        remedy = ""
    return f"{error.message} {remedy}".strip()
