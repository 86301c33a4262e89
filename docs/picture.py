"""Draw the picture of the board in the README from the answer of a training.

    TRINTENA_HOME=demo trintena train --symbol sample:nasdaq --json answer.json
    python docs/picture.py answer.json

Writes `docs/board.svg`: what the terminal printed, letter by letter. Nothing in it is fetched.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

PICTURE = Path(__file__).parent / "board.svg"


def draw(answer: Path) -> None:
    """Print the board of an answer and keep what was printed as a picture."""
    os.environ |= {"FORCE_COLOR": "1", "COLUMNS": "134", "TRINTENA_LANG": "en"}
    # They look at the environment when they load.
    from rich.terminal_theme import MONOKAI

    from trintena.cli.board import print_board
    from trintena.cli.output import screen

    screen.record = True
    print_board(json.loads(answer.read_text("utf-8")))
    svg = screen.export_svg(title="trintena train --symbol sample:nasdaq", theme=MONOKAI, unique_id="board")
    # The picture asks for fonts that the reader has; it would otherwise load one from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    PICTURE.write_text(svg.replace("Fira Code", "ui-monospace, Menlo, Consolas"), "utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
