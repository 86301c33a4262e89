"""The parts of `benchmarks/README.md` that the benchmarks write."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).with_name("README.md")


def write_part(name: str, text: str) -> None:
    """Put `text` between `<!-- name -->` and `<!-- end of name -->`, in place of what stood there."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = README.read_text("utf-8").partition(begin)
    README.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", "utf-8")
