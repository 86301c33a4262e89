"""What goes wrong with files: `DAMAGE`, by name. Each takes a file and gives a damaged one."""

from __future__ import annotations

from reliability.csv_files import damage_to_all, damage_to_bytes, damage_to_cells, damage_to_lines
from reliability.csv_files.damaging import Damage

WHOLE: dict[str, Damage] = {
    each.__name__.replace("_", " "): each
    for each in (
        damage_to_all.column_dropped,
        damage_to_all.many_columns,
        damage_to_all.numbers_in_two_conventions,
        damage_to_all.dates_in_two_forms,
    )
}
"""Done first and alone: they write the file anew."""
DAMAGE: dict[str, Damage] = {
    each.__name__.replace("_", " "): each
    for each in (
        damage_to_bytes.bits_flipped,
        damage_to_bytes.bytes_replaced,
        damage_to_bytes.cut_off,
        damage_to_bytes.bytes_lost,
        damage_to_bytes.bytes_twice,
        damage_to_bytes.noise_inserted,
        damage_to_bytes.zero_bytes,
        damage_to_bytes.marks_inside,
        damage_to_bytes.latin_inside,
        damage_to_bytes.nothing_but_noise,
        damage_to_lines.lines_twice,
        damage_to_lines.lines_lost,
        damage_to_lines.lines_shuffled,
        damage_to_lines.header_moved,
        damage_to_lines.header_lost,
        damage_to_lines.lines_joined,
        damage_to_lines.line_torn,
        damage_to_lines.line_from_elsewhere,
        damage_to_lines.quotes_damaged,
        damage_to_lines.huge_field,
        damage_to_lines.another_file_joined,
        damage_to_cells.garbage_in_cells,
        damage_to_cells.letters_in_cells,
        damage_to_cells.letters_lost,
        damage_to_cells.signs_swapped,
        damage_to_cells.cells_emptied,
        damage_to_cells.cells_lost,
        damage_to_cells.cells_twice,
        damage_to_lines.titles_damaged,
    )
}
