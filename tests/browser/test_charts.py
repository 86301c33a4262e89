"""The charts of the pages, as Chromium draws them; `open_page` fails a test for whatever it complains of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from browser.conftest import PHONE, OpenPage
from browser.serving import FAST, OPTIMIZED, Server
from browser.watching import axe, expect_complaint

PNG = b"\x89PNG\r\n\x1a\n"
ACTUAL, MODEL, LAST_VALUE = "rgb(23, 32, 43)", "rgb(0, 114, 178)", "rgb(213, 94, 0)"
DARK_MODEL = "rgb(86, 180, 233)"

LINES = "place => [...place.querySelectorAll('.js-line')].map(line => getComputedStyle(line).stroke)"
BANDS = "place => place.data.filter(trace => trace.meta?.interval)"
EDGE = "rgb(0, 0, 0)"
"""Of a band that has no edge: a line without a colour."""
DASHES = """place => [...place.querySelectorAll('.js-line')]
  .filter(line => line.style.strokeDasharray).map(line => line.style.stroke)"""
VIEW = "place => [...place.layout.xaxis.range, ...place.layout.yaxis.range].map(String)"
# Whether a chart keeps each event of a swipe to itself, so that the page does not scroll.
SWIPE = """place => {
  const target = place.querySelector(".nsewdrag");
  const { x, y } = target.getBoundingClientRect();
  return ["touchstart", "touchmove", "touchend"].map((name, i) => {
    const touch = new Touch({ identifier: 1, target, clientX: x + 50, clientY: y + 150 - 60 * i });
    const touches = name === "touchend" ? [] : [touch];
    const event = new TouchEvent(name, { bubbles: true, cancelable: true, touches, changedTouches: [touch] });
    (i ? document : target).dispatchEvent(event);
    return event.defaultPrevented;
  });
}"""
REDRAW = """async place => {
  const address = [...document.scripts].map(each => each.src).find(src => src.endsWith("training.js"));
  const { redraw } = await import(address.replace("training.js", "charts.js"));
  await redraw(place);
}"""


def chart(page: Page, kind: str) -> Locator:
    """A chart, drawn."""
    place = page.locator(f"[data-chart={kind}]")
    place.scroll_into_view_if_needed()
    page.locator(f"[data-chart={kind}][data-state=drawn]").wait_for()
    return place


def texts(place: Locator) -> list[str]:
    """Every text of a chart: titles, ticks, labels, legend."""
    return [text for text in place.locator("svg text").all_text_contents() if text.strip()]


def drag(page: Page, place: Locator) -> None:
    """Zoom by the mouse: a box from a quarter to three quarters."""
    box = place.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    for share, act in ((0.25, page.mouse.down), (0.75, page.mouse.up)):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"], steps=5)
        act()


def until_view_changes(page: Page, place: Locator, before: list[str]) -> list[str]:
    page.wait_for_function(
        "([place, before]) => [...place.layout.xaxis.range, ...place.layout.yaxis.range].join() !== before",
        arg=[place.element_handle(), ",".join(before)],
    )
    return list(place.evaluate(VIEW))


@pytest.fixture
def ended(page: Page, server: Server) -> Page:
    """The page of the search."""
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    return page


# --- What is loaded, and from where


def test_plotly_comes_once_packed_and_only_where_there_is_a_chart(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    asked: list[Any] = []
    page.on("response", lambda answer: asked.append(answer) if "/plotly-" in answer.url else None)
    for path in ("/", "/advanced-training?new=1"):
        page.goto(server.address + path, wait_until="networkidle")
    assert asked == []

    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    for kind in ("test-gain", "price-path", "learning-curves"):
        chart(page, kind)
    script, style = sorted(asked, key=lambda answer: str(answer.url), reverse=True)
    assert re.search(r"plotly-[\d.]+\.min\.js$", script.url)
    assert re.search(r"plotly-[\d.]+\.css$", style.url)
    assert script.headers["content-encoding"] == "gzip"
    assert "immutable" in script.headers["cache-control"]
    assert page.locator("style").count() == 0


def test_a_chart_waits_until_it_nears_the_window(open_page: OpenPage, server: Server) -> None:
    page = open_page(size={"width": 1280, "height": 300})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}", wait_until="networkidle")
    assert not any(url.endswith("/curves") for url in asked)
    chart(page, "learning-curves")
    assert any(url.endswith("/curves") for url in asked)


# --- What is drawn


def test_the_search_is_shown_by_its_three_charts(ended: Page) -> None:
    gain = chart(ended, "test-gain")
    assert gain.evaluate(LINES) == [MODEL, LAST_VALUE]
    assert gain.evaluate(DASHES) == [LAST_VALUE]
    assert {"Model", "Last value", "squared error saved"} <= set(texts(gain))

    path = chart(ended, "price-path")
    assert set(path.evaluate(LINES)) == {ACTUAL, MODEL, LAST_VALUE, EDGE}
    assert path.evaluate(LINES).count(EDGE) == 2
    lower, upper = path.evaluate(BANDS)
    assert all(low < high for low, high in zip(lower["y"], upper["y"], strict=True))
    assert path.evaluate(DASHES) == [LAST_VALUE]
    assert {"Actual", "Model", "Last value"} <= set(texts(path))
    dates = path.evaluate("place => place.data[0].x")
    assert path.evaluate("place => place.layout.xaxis.range[0]").startswith(dates[-90])

    curves = chart(ended, "learning-curves")
    lines = curves.evaluate(LINES)
    assert (lines.count(MODEL), lines.count(LAST_VALUE), len(lines)) == (1, 1, 4)
    assert {"epoch", "validation RMSE", "Last value"} <= set(texts(curves))


def test_charts_are_named_by_their_finding_and_axe_finds_nothing(ended: Page) -> None:
    for kind in ("test-gain", "price-path", "learning-curves"):
        place = chart(ended, kind)
        finding = ended.locator("figure").filter(has=place).locator("figcaption").inner_text()
        assert place.get_attribute("role") == "img"
        assert place.get_attribute("aria-label") == finding
    axe(ended)


def test_one_epoch_is_a_dot_for_each_architecture_the_best_at_the_top(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/advanced-training?experiment={FAST}")
    place = chart(page, "learning-curves")
    assert place.locator(".scatterlayer path.point").count() == 3
    values, colours = place.evaluate("place => [place.data[0].x, place.data[0].marker.color]")
    assert values == sorted(values, reverse=True)  # an axis grows upwards
    assert colours[-1] == MODEL
    assert MODEL not in colours[:-1]
    assert any(text.startswith("Last value 0.0") for text in texts(place))


def test_the_forecast_starts_at_the_last_value(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/custom-model?version=2")
    place = chart(page, "forecast")
    assert len(place.evaluate(BANDS)) == 4, "both edges of two levels"
    actual, last, forecast = place.evaluate("place => place.data.filter(trace => !trace.meta?.interval)")
    assert [last["x"][0], last["y"][0]] == [forecast["x"][0], forecast["y"][0]]
    assert last["y"][0] == last["y"][1]
    assert last["x"][0] == actual["x"][-1]
    assert len(forecast["x"]) == 1 + 5
    assert {"Actual", "Forecast", "Last value"} <= set(texts(place))
    axe(page)


@pytest.mark.parametrize("n_steps", [1, 5])
def test_intervals_are_bars_for_a_date_or_two_and_bands_beyond(
    page: Page, server: Server, n_steps: int
) -> None:
    def with_intervals(route: Any) -> None:
        answer = route.fetch().json()
        answer["forecast"] = answer["forecast"][:n_steps]
        for step in answer["forecast"]:
            value = step["value"]
            step["intervals"] = {"80": [value - 1, value + 1], "95": [value - 2, value + 2]}
        route.fulfill(json=answer)

    page.route("**/forecast.json*", with_intervals)
    page.goto(f"{server.address}/custom-model?version=2")
    place = chart(page, "forecast")
    assert place.locator(".errorbars path.yerror").count() == (2 if n_steps == 1 else 0)
    fills = place.evaluate("place => [...place.querySelectorAll('.js-fill')].map(fill => fill.style.fill)")
    assert len(fills) == (0 if n_steps == 1 else 2)
    low, high = place.evaluate("place => place.layout.yaxis.range")
    value = place.evaluate("place => place.data.at(-1).y.at(-1)")
    assert low < value - 2 < value + 2 < high


def test_what_trains_now_grows_and_keeps_the_readers_zoom_and_choice(page: Page, server: Server) -> None:
    growing = [0.0160, 0.0158]

    def with_a_running_trial(route: Any) -> None:
        answer = route.fetch().json()
        run = {"model_id": 11, "model_name": "BiLSTM Classic (64/32)", "purpose": "search", "number": 0}
        route.fulfill(json={**answer, "running": [{**run, "validation": growing}]})

    page.route("**/curves", with_a_running_trial)
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    place = chart(page, "learning-curves")
    page.get_by_label("Highlighted architecture").select_option("11")
    page.wait_for_function(
        "place => place.data.some(trace => trace.meta?.model === 11 && trace.line.width === 3)",
        arg=place.element_handle(),
    )
    before = place.evaluate(VIEW)
    drag(page, place)
    zoomed = until_view_changes(page, place, before)
    growing.append(0.0157)
    place.evaluate(REDRAW)
    mine = place.evaluate("place => place.data.find(trace => trace.meta?.model === 11)")
    assert (mine["y"], mine["line"]["width"], mine["line"]["color"]) == (growing, 3, MODEL)
    assert place.evaluate(VIEW) == zoomed


def test_a_click_on_a_line_makes_it_stand_out(ended: Page) -> None:
    place = chart(ended, "learning-curves")
    chooser = ended.get_by_label("Highlighted architecture")
    chosen = chooser.input_value()
    at = place.evaluate(
        """place => {
          const trace = place.data.find(each => each.meta && each.line.width === 1);
          const { xaxis, yaxis } = place._fullLayout;
          const box = place.getBoundingClientRect();
          return { x: box.x + xaxis._offset + xaxis.d2p(trace.x[0]),
                   y: box.y + yaxis._offset + yaxis.d2p(trace.y[0]), model: trace.meta.model };
        }"""
    )
    ended.mouse.move(at["x"] + 1, at["y"])
    place.locator(".hoverlayer text").first.wait_for()
    ended.mouse.click(at["x"] + 1, at["y"])
    ended.wait_for_function(
        "([select, chosen]) => select.value !== chosen", arg=[chooser.element_handle(), chosen]
    )
    stands = place.evaluate("place => place.data.find(each => each.line?.width === 3).meta.model")
    assert str(stands) == chooser.input_value() != chosen


def test_labels_follow_the_lines_into_a_zoomed_view(ended: Page) -> None:
    place = chart(ended, "test-gain")

    def wait_for_label(condition: str) -> None:
        """Until the height of the model's label, or -1 where it has none, fulfils a condition."""
        page_has = "p.layout.annotations.find(each => each.text === 'Model')?.y ?? -1"
        ended.wait_for_function(
            f"([p, whole]) => {{ const y = {page_has}; return {condition}; }}",
            arg=[place.element_handle(), whole],
        )

    whole = place.evaluate("p => p.layout.annotations.find(each => each.text === 'Model').y")
    before = place.evaluate(VIEW)
    drag(ended, place)
    until_view_changes(ended, place, before)
    wait_for_label("Math.abs(y - whole) > 0.01")
    ended.mouse.dblclick(*_middle(place))
    wait_for_label("Math.abs(y - whole) < 0.01")


def _middle(place: Locator) -> tuple[float, float]:
    box = place.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# --- Language, theme, phone


def test_portuguese_charts_have_decimal_commas_and_no_english(open_page: OpenPage, server: Server) -> None:
    page = open_page(lang="pt-BR")
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    seen: list[str] = []
    for kind in ("test-gain", "price-path", "learning-curves"):
        place = chart(page, kind)
        page.mouse.move(*_middle(place))
        seen += texts(place)
    numbers = [text for text in seen if re.search(r"\d[.,]\d", text)]
    assert numbers
    assert not [text for text in numbers if re.search(r"\d\.\d", text)]
    assert {"época", "RMSE de validação", "Último valor", "Modelo", "Real"} <= set(seen)
    assert any(re.match(r"(fev|abr|mai)\. 2021", text) for text in seen)
    assert not re.search(r"\b(Feb|Apr|May|epoch|value|model)\b", " ".join(seen))


def test_charts_take_the_colours_of_the_system_when_it_turns_dark(ended: Page) -> None:
    place = chart(ended, "test-gain")
    assert MODEL in place.evaluate(LINES)
    ended.emulate_media(color_scheme="dark")
    ended.wait_for_function(
        "([place, shade]) => place.data.some(trace => trace.line.color === shade)",
        arg=[place.element_handle(), DARK_MODEL],
    )
    assert DARK_MODEL in place.evaluate(LINES)


def test_the_readers_theme_wins_over_the_systems(ended: Page) -> None:
    ended.locator("button[name=theme][value=dark]").click()
    assert DARK_MODEL in chart(ended, "test-gain").evaluate(LINES)


def test_a_phone_has_a_legend_a_picture_that_fits_and_a_finger_that_scrolls(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page(size=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    for kind in ("test-gain", "price-path", "learning-curves"):
        place = chart(page, kind)
        assert place.locator(".legend .legendtext").count() >= 2
        assert place.evaluate(SWIPE) == [False, False, False]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# --- Saving, and when something is amiss


def test_the_picture_can_be_saved(ended: Page, tmp_path: Path) -> None:
    place = chart(ended, "test-gain")
    with ended.expect_download() as download:
        ended.locator("figure").filter(has=place).get_by_role("button", name="Save as an image").click()
    assert download.value.suggested_filename == f"trintena-test-gain-{OPTIMIZED}.png"
    download.value.save_as(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(PNG)


def test_a_chart_without_data_says_so_and_the_others_are_drawn(page: Page, server: Server) -> None:
    expect_complaint(page, "/curves")
    page.route("**/curves", lambda route: route.fulfill(status=404, json={}))
    page.goto(f"{server.address}/advanced-training?experiment={OPTIMIZED}")
    chart(page, "test-gain")
    failed = page.locator("[data-chart=learning-curves]")
    failed.scroll_into_view_if_needed()
    page.locator("[data-chart=learning-curves][data-state=failed]").wait_for()
    assert failed.inner_text() == "The data of this chart did not come. Load the page again."
