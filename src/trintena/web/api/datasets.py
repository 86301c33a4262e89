"""`/api/datasets`: the stored prices, those that ship with Trintena, and files that people send."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from trintena.data import doubts_of, fetch
from trintena.data.sources import sample
from trintena.data.words import iso
from trintena.domain import COLUMNS, Measures
from trintena.errors import NotFoundError
from trintena.services.datasets_json import as_warnings, described, prices, summary, thinned, understood
from trintena.web.api.fields import Moment, SymbolText, refusals
from trintena.web.site import TheSite
from trintena.web.uploads import read_upload

router = APIRouter(tags=["datasets"])

MOST_POINTS = 400
"""Of the picture of a series."""

Row = dict[str, str | float]
MEASURED = Field(description="Whether it is a series of prices or of other values.")


class Dataset(BaseModel):
    """A series of prices, without them."""

    dataset_hash: str | None = Field(description="Of its content; null for a sample that was not used yet.")
    symbol: str = Field(description="Names the series in a training.", examples=["sample:nasdaq"])
    columns: list[str] = Field(examples=[list(COLUMNS)])
    n_rows: int = Field(examples=[5031])
    first_date: str = Field(examples=["1999-01-04"])
    last_date: str = Field(examples=["2018-12-31"])
    source: str = Field(description="`yahoo`, `sample`, or `csv:` and the file's name.", examples=["sample"])
    measures: Measures = MEASURED
    sample: bool = Field(description="Whether it ships with Trintena.")
    created_at: Moment | None = Field(description="When it was stored last; null where it is not stored.")


class Close(BaseModel):
    """The column that is forecast, in four figures, in its own units."""

    first: float
    last: float
    lowest: float
    highest: float


class Doubt(BaseModel):
    """Something that looks odd in a series, though it may be right."""

    code: str = Field(examples=["gaps"])
    n: int = Field(description="Rows or gaps of this kind.")
    dates: list[str] = Field(description="The first of them.")
    message: str


class Point(BaseModel):
    """One close."""

    date: str
    close: float


class DatasetInFull(Dataset):
    """A series of prices, with enough of them for a picture."""

    close: Close
    first_rows: list[Row]
    last_rows: list[Row]
    warnings: list[Doubt]
    series: list[Point] = Field(description=f"Up to {MOST_POINTS} closes, from the first date to the last.")


class Reading(BaseModel):
    """How a file was read, and what of."""

    dataset_hash: str
    symbol: str = Field(description="The name under which it is stored.")
    columns: list[str]
    n_rows: int
    first_date: str
    last_date: str
    source: str
    measures: Measures = MEASURED
    understood: list[str] = Field(description="What was taken for what, in sentences.")
    facts: dict[str, Any] = Field(description="The same for programs.")
    warnings: list[Doubt]
    close: Close
    first_rows: list[Row]
    last_rows: list[Row]
    stored: bool
    remarks: list[str]


class Upload(BaseModel):
    """A file of prices, and what it leaves open."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="Text with a header: CSV or TSV.")
    name: str | None = Field(
        default=None,
        max_length=200,
        description="Under which the series is stored; default: its symbol in the file, or the file's name.",
    )
    symbol: str | None = Field(
        default=None, max_length=200, description="Whose rows to take, where the file holds several symbols."
    )
    column: str | None = Field(
        default=None, max_length=200, description="The column to forecast: title or number, from 1."
    )
    decimal: str | None = Field(default=None, max_length=10, description="The decimal sign: `.` or `,`.")
    thousands: str | None = Field(
        default=None, max_length=10, description="What separates thousands: `.`, `,`, `'`, a blank or `none`."
    )
    day_first: bool | None = Field(
        default=None, description="Whether 03/04/2020 is the third of April, where the file leaves it open."
    )
    measures: Measures | None = Field(
        default=None, description="Whether it is of prices or of other values, where its titles mislead."
    )
    allow_jumps: bool = Field(default=False, description="Accept a step of a price by a factor above 4.")
    dry_run: bool = Field(default=False, description="Say how the file is understood, and store nothing.")


@router.get("/api/datasets", summary="The stored series and the samples")
def datasets(site: TheSite) -> list[Dataset]:
    """What a training can start from at once: stored series, the one stored last first, then samples."""
    stored = [Dataset(**described(row), sample=sample.claims(row.symbol)) for row in site.registry.datasets()]
    known = {dataset.symbol for dataset in stored}
    shipped = (sample.PREFIX + name for name in sample.SAMPLES)
    return [*stored, *(_offered(reference) for reference in shipped if reference not in known)]


@router.post("/api/datasets", summary="Read and store a file of prices", responses=refusals(413, 422))
def import_dataset(
    site: TheSite, upload: Annotated[Upload, Form(media_type="multipart/form-data")]
) -> Reading:
    """Read a file, say how it was understood, and store its series, unless it is a `dry_run`.

    What could be read in two ways is asked for: nothing is guessed. A refusal names line, column and cell; an
    option of the command line that its hint names, such as `--allow-jumps`, is a field of that meaning here.
    """
    reading = read_upload(
        upload.file,
        site.options.maximum_upload_bytes,
        name=upload.name,
        symbol=upload.symbol,
        column=upload.column,
        decimal=upload.decimal,
        thousands=upload.thousands,
        day_first=upload.day_first,
        allow_jumps=upload.allow_jumps,
        measures=upload.measures,
    )
    series = reading.series
    remarks = () if upload.dry_run else site.services.store(series)
    return Reading.model_validate(
        {
            **understood(reading, doubts_of(series)),
            **prices(series),
            "stored": not upload.dry_run,
            "remarks": remarks,
        }
    )


@router.get("/api/datasets/{key}", summary="A series", responses=refusals(404, 422))
def dataset(
    site: TheSite,
    key: Annotated[
        SymbolText, InPath(description="A symbol (what was stored last) or the beginning of a hash.")
    ],
) -> DatasetInFull:
    """A series: its span, a picture of its close, its first and last rows, what looks odd in it."""
    try:
        row = site.registry.find_dataset(key)
    except NotFoundError:
        if key.removeprefix(sample.PREFIX) not in sample.SAMPLES or not sample.claims(key):
            raise
        series = fetch(key)
        about = {**summary(series), "dataset_hash": None, "created_at": None}
    else:
        series = site.registry.load_dataset(row.content_hash)
        about = described(row)
    return DatasetInFull.model_validate(
        {
            **about,
            **prices(series),
            "sample": sample.claims(series.symbol),
            "warnings": as_warnings(doubts_of(series)),
            "series": thinned(series, MOST_POINTS),
        }
    )


def _offered(reference: str) -> Dataset:
    """A sample that is not stored yet."""
    n_rows, first, last = sample.span(reference.removeprefix(sample.PREFIX))
    return Dataset(
        dataset_hash=None,
        symbol=reference,
        columns=list(COLUMNS),
        n_rows=n_rows,
        first_date=iso(first),
        last_date=iso(last),
        source="sample",
        measures="price",
        sample=True,
        created_at=None,
    )
