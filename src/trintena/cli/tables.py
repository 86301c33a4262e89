"""How listings look: plain tables, pairs of names and values, and numbers as people write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

from rich.console import Console
from rich.table import Table

from trintena.cli.output import screen
from trintena.language import number

NOTHING = "—"
"""What stands where there is no value."""
_UNBOUNDED = 10_000
"""Letters in the line of a screen that is none."""


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[str] = (),
    folding: Collection[str] = (),
    optional: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> None:
    """Print rows under their headings; those in `right` are set to the right, as numbers are.

    Where a terminal is too narrow, the columns in `optional` are left out, the first of them first, then
    those in `folding` give way. `styles` are those of the rows.
    """
    rows = list(rows)
    left_out = 0
    while True:
        shown = [at for at, heading in enumerate(headings) if heading not in optional[:left_out]]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for heading in (headings[at] for at in shown):
            table.add_column(
                heading,
                justify="right" if heading in right else "left",
                overflow="fold",
                no_wrap=heading not in folding,
            )
        for row, style in zip_longest(rows, styles):
            table.add_row(*(row[at] for at in shown), style=style)
        whole = screen.measure(table, options=screen.options.update(max_width=_UNBOUNDED)).maximum
        if left_out == len(optional) or not screen.is_terminal or whole <= screen.width:
            _print(table)
            return
        left_out += 1


def print_fields(fields: Mapping[str, str]) -> None:
    """Print names and values, one pair to a line."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in fields.items():
        grid.add_row(name, value)
    _print(grid)


def _print(table: Table) -> None:
    if screen.is_terminal:
        screen.print(table)
        return
    # In a file or a pipe no row is folded or cut: the page is as wide as the table.
    page = Console(file=screen.file, width=_UNBOUNDED, highlight=False, markup=False, emoji=False)
    page.width = max(page.measure(table).maximum, 1)
    page.print(table)


def moment(at: datetime | None) -> str:
    """A time, to the minute, in UTC; or a dash."""
    return NOTHING if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def size(n_bytes: int) -> str:
    """A number of bytes in the unit that suits it."""
    if n_bytes < 1024:
        return f"{n_bytes} B"
    amount = n_bytes / 1024
    for unit in ("KiB", "MiB"):
        if amount < 1024:
            return f"{number(amount, '.1f')} {unit}"
        amount /= 1024
    return f"{number(amount, '.1f')} GiB"
