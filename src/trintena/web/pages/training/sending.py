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


def with_stored_file(site: Site, form: Filled, sent: FormData) -> Filled:
    """The form with the file that came with it as a stored series; any other form as it is.

    It is stored whatever else is wrong: browsers do not send a file a second time by themselves.

    Raises:
        RefusedError: the file is too large.
        UsageError: there is none, or it cannot be read.
    """
    if form["series"] != "csv":
        return form
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UsageError(_nothing_chosen("csv"), field="file")
    reading = read_upload(
        file,
        site.options.maximum_upload_bytes,
        name=form["name"] or None,
        symbol=form["csv_symbol"] or None,
        column=form["column"] or None,
        decimal=form["decimal"] or None,
        thousands=form["thousands"] or None,
        day_first={"true": True, "false": False}.get(form["day_first"]),
        measures={"price": "price", "value": "value"}.get(form["measures"]),
        allow_jumps=form["allow_jumps"] != "",
    )
    site.services.store(reading.series)
    return replace(form, values={**form.values, "series": "stored", "dataset": reading.series.content_hash})


def send(site: Site, form: Filled, asked: dict[str, Any], problems: list[Problem]) -> int | None:
    """The number of the experiment; None where there are problems, to which it may add some.

    Raises:
        TrintenaError, RefusedError: as `submit`.
    """
    series = _series(form)
    if not any(series.values()):
        problems.append(Problem(_PLACES[form["series"]], _nothing_chosen(form["series"])))
    if problems:
        return None
    try:
        request = TrainingRequest.model_validate(asked | series)
    except ValidationError as error:
        problems += [_of_validation(dict(each), form) for each in error.errors()]
        return None
    return submit(site, request, form.key or None).experiment_id


def problem_of(error: TrintenaError | RefusedError, form: Filled) -> Problem:
    """What is wrong, beside the field that can mend it."""
    return Problem(_place(error.field, form), _sentence(error, form))


def _series(form: Filled) -> dict[str, str | None]:
    if form["series"] in ("csv", "stored"):
        return {"dataset": form["dataset"] or None}
    return {"symbol": form[form["series"]] or None}


def of_ambiguity() -> dict[str, str]:
    """What to do about a file that is not certain, where the command line would take an option."""
    return {
        "jumps": phrase(
            en="If the step is real, accept it below; if these are no prices, say below what is measured.",
            pt="Se o salto for real, aceite-o abaixo; se não forem preços, diga abaixo o que foi medido.",
        ),
        "meant": phrase(
            en="Correct the file, or say below how it is meant.",
            pt="Corrija o arquivo ou diga abaixo como ele deve ser lido.",
        ),
    }


def _nothing_chosen(series: str) -> str:
    return {
        "csv": phrase(en="Choose a CSV file", pt="Escolha um arquivo CSV"),
        "stored": phrase(en="Choose a stored series", pt="Escolha uma série guardada"),
        "symbol": phrase(en="Symbol: enter one such as NVDA", pt="Símbolo: digite um, como NVDA"),
        "sample": phrase(en="Choose a sample", pt="Escolha uma amostra"),
    }[series]


def _of_validation(error: dict[str, Any], form: Filled) -> Problem:
    # In a request the place begins with where the field came in: `body`, which a model alone leaves out.
    located = {**error, "loc": ("body", *error["loc"])}
    field = (field_of(located) or "").partition(".")[0]
    return Problem(_place(field, form), sentence_of(located, None))


def _place(field: str | None, form: Filled) -> str:
    """The field of the form that a refusal is about."""
    named = _PLACES.get(form["series"], "series")
    if field in ("symbol", "dataset", "name"):
        return named
    if field is not None and (field in DEFAULTS or field in ("model_ids", "file")):
        return field
    return _ELSEWHERE.get(field or "", named)


def _sentence(error: TrintenaError | RefusedError, form: Filled) -> str:
    """Message and remedy, without the options of the command line that some remedies name."""
    if isinstance(error, SourceError):
        remedy = phrase(en="Use the sample or a CSV.", pt="Use a amostra ou um CSV.")
    elif error.field == "target":
        remedy = phrase(en="Use target “difference”.", pt="Use o alvo “diferença”.")
    elif form["series"] == "csv" and error.hint and "--" in error.hint:
        remedy = of_ambiguity()["jumps" if "--allow-jumps" in error.hint else "meant"]
    elif error.hint and "--allow-jumps" in error.hint:
        remedy = phrase(
            en="If the step is real, send the prices as a CSV file and accept it there.",
            pt="Se o salto for real, envie os preços em um arquivo CSV e aceite-o ali.",
        )
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
