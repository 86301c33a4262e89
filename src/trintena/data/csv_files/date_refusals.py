"""What is said about dates that cannot be read, or can be read in two ways."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.table import Table
from trintena.data.words import quoted
from trintena.errors import DataError
from trintena.language import phrase

_SHORT_YEAR = re.compile(r"\d{1,2}([-/. ])(?:\d{1,2}|[^\W\d_]{3,10})\1\d{2}", re.ASCII)


def no_date(table: Table, row: int, column: int, cell: str) -> DataError:
    """A cell does not have the form of a date."""
    found = phrase(en="nothing", pt="nada") if is_null(cell) else quoted(cell)
    remedy = phrase(
        en="Write dates as 2018-12-31, or remove the line if it is no row of prices.",
        pt="Escreva as datas como 2018-12-31, ou remova a linha se não for de preços.",
    )
    if _SHORT_YEAR.fullmatch(cell):
        remedy = phrase(en="Write years with four digits.", pt="Escreva o ano com quatro algarismos.")
    return table.refusal(
        row,
        column,
        phrase(en=f"expected a date, found {found}.", pt=f"esperava uma data, encontrou {found}."),
        remedy,
    )


def no_such_date(table: Table, row: int, column: int, cell: str, day_first: bool | None) -> DataError:
    """A cell has the form of a date or time that no calendar or clock shows."""
    cell = quoted(cell)
    if day_first is not None:
        en, pt = (
            ("with the day first", "com o dia primeiro")
            if day_first
            else ("with the month first", "com o mês primeiro")
        )
        message = phrase(en=f"there is no such date as {cell} {en}.", pt=f"não existe a data {cell} {pt}.")
        remedy = phrase(
            en="Leave --dayfirst and --monthfirst out, or correct the cell.",
            pt="Deixe de fora --dayfirst e --monthfirst, ou corrija a célula.",
        )
        return table.refusal(row, column, message, remedy)
    message = phrase(
        en=f"there is no such date or time as {cell}.",
        pt=f"não existe a data ou o horário {cell}.",
    )
    return table.refusal(row, column, message, _as_iso())


def two_orders(table: Table, column: int, needs_month: int, needs_day: int) -> DataError:
    """One cell is a date only with the month first, another only with the day first."""
    later, earlier = max(needs_month, needs_day), min(needs_month, needs_day)
    one, other = (quoted(table.rows[row][column]) for row in (later, earlier))
    line = table.lines[earlier]
    return table.refusal(
        later,
        column,
        phrase(
            en=f"{one} and {other} (line {line}) cannot both be dates: one needs the day first, "
            "the other the month.",
            pt=f"{one} e {other} (linha {line}) não podem ser datas as duas: uma precisa do dia "
            "primeiro, a outra do mês.",
        ),
        _as_iso(),
    )


def forms_differ(table: Table, rows: tuple[int, int], column: int, cells: Sequence[str]) -> DataError:
    """Two dates are written in different forms."""
    (row, other), line = rows, table.lines[rows[1]]
    one, two = quoted(cells[row]), quoted(cells[other])
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{one} is written unlike {two} (line {line}): a program may have turned round "
            "some of the dates.",
            pt=f"{one} está escrito diferente de {two} (linha {line}): um programa pode ter invertido datas.",
        ),
        phrase(
            en="Write all dates of the file in the same form, such as 2018-12-31.",
            pt="Escreva todas as datas do arquivo na mesma forma, como 2018-12-31.",
        ),
    )


def open_order(table: Table, row: int, column: int) -> DataError:
    """Every date of the column exists with the day first and with the month first."""
    cell = quoted(table.rows[row][column])
    command = table.import_command
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell} may have the day or the month first, and no other row settles it.",
            pt=f"{cell} pode ter o dia ou o mês primeiro, e nenhuma outra linha decide.",
        ),
        phrase(
            en=f"Say which: `{command} --dayfirst` or `{command} --monthfirst`.",
            pt=f"Diga qual: `{command} --dayfirst` (dia) ou `{command} --monthfirst` (mês).",
        ),
    )


def zone_unlike_others(table: Table, row: int, column: int, *, names_one: bool) -> DataError:
    """Only some of the times name their time zone."""
    cell, line = quoted(table.rows[row][column]), table.lines[0]
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell} {'names' if names_one else 'lacks'} a time zone, unlike line {line}.",
            pt=f"{cell} {'traz' if names_one else 'não traz'} fuso horário, ao contrário da linha {line}.",
        ),
        phrase(
            en="Give all dates a time zone, or none.", pt="Dê fuso horário a todas as datas, ou a nenhuma."
        ),
    )


def _as_iso() -> str:
    return phrase(
        en="Write dates as 2018-12-31, or 2018-12-31 16:00 with a time.",
        pt="Escreva as datas como 2018-12-31, ou 2018-12-31 16:00 com horário.",
    )
