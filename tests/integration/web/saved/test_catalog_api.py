from __future__ import annotations

import inspect
from typing import Any

from integration.web.pages.showcase import Visitor
from trintena.web.api.catalog_words import IN_PORTUGUESE
from trintena.zoo import ARCHITECTURES, CATEGORIES

ADDRESS = "/api/models-info"


def rows_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for category in answer["categories"] for row in category["models"]]


def test_the_thirty_by_category(newcomer: Visitor) -> None:
    answer = newcomer.client.get(ADDRESS).json()
    assert answer["total_models"] == 30
    assert {category["key"]: category["name"] for category in answer["categories"]} == CATEGORIES
    assert [len(category["models"]) for category in answer["categories"]] == [5] * 6
    rows = rows_of(answer)
    assert [row["model_id"] for row in rows] == list(range(1, 31))
    assert [row["model_name"] for row in rows] == [recipe.name for recipe in ARCHITECTURES]
    (lstm,) = [row for row in rows if row["model_id"] == 1]
    # 4 gates of (5 + 64 + 1) x 64, of (64 + 32 + 1) x 32, and a head of 32 + 1
    assert lstm["parameters"] == 4 * 70 * 64 + 4 * 97 * 32 + 33
    assert lstm["reference"].startswith("Hochreiter & Schmidhuber 1997")
    assert lstm["description"] == "Two LSTM layers (64, 32), dropout after each."


def test_every_line_is_said_in_portuguese_and_none_is_left_over(newcomer: Visitor) -> None:
    lines = {(inspect.getdoc(recipe.builder) or "").partition("\n")[0] for recipe in ARCHITECTURES}
    assert IN_PORTUGUESE.keys() == lines
    shown = newcomer.client.get(ADDRESS, headers={"Accept-Language": "pt-BR"}).json()
    assert {row["description"] for row in rows_of(shown)} == set(IN_PORTUGUESE.values())


def test_what_is_known_already_is_not_sent_again(newcomer: Visitor) -> None:
    first = newcomer.client.get(ADDRESS)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"else", {tag}', "*"):
        again = newcomer.client.get(ADDRESS, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = newcomer.client.get(ADDRESS, headers={"If-None-Match": tag, "Accept-Language": "pt"})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    assert "Accept-Language" in other.headers["vary"]
