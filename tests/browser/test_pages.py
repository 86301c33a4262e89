"""Every page in every state: two languages and themes, phone and desktop, by keyboard, in the right words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from browser.conftest import DESKTOP, PHONE, OpenPage, StartServer
from browser.driving import START, expect_champion, n_experiments, sound
from browser.serving import FAST, LOOKBACK, OPTIMIZED, Server, serve
from browser.watching import expect_complaint
from integration.training.running import trintena, write_prices
from trintena.zoo import ACTIVATIONS
from trintena.zoo.catalog import ARCHITECTURES, CATEGORIES

FAILED, PARTLY_FAILED = 3, 4
STATES = {
    "experiments": "/",
    "compare": f"/compare?experiment={FAST}&experiment={OPTIMIZED}",
    "form": "/advanced-training?new=1",
    "fast": f"/advanced-training?experiment={FAST}",
    "optimized": f"/advanced-training?experiment={OPTIMIZED}",
    "failed": f"/advanced-training?experiment={FAILED}",
    "partly failed": f"/advanced-training?experiment={PARTLY_FAILED}",
    "data of a chart": f"/advanced-training/table?experiment={OPTIMIZED}&chart=price-path",
    "forecast": "/custom-model?version=2&whole=true",
    "docs": "/docs",
    "not found": "/nowhere",
}
"""Addresses of the pages that only need to be looked at, by what they show."""
ZOOMED: ViewportSize = {"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2}
"""What a window of a desktop shows of a page at 200 %."""


@pytest.fixture(scope="module")
def gallery(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves the trained home with two further experiments: all of one failed, a part of the other."""
    home = tmp_path_factory.mktemp("gallery") / "home"
    shutil.copytree(trained, home)
    prices = write_prices(home.parent / "glitch.csv", glitch=1e28)
    words = ("train", "--csv", prices, "--target", "difference", "--lookback", 10, "--workers", 1)
    assert trintena(home, *words, "--models", 1).code == 1
    assert trintena(home, *words, "--models", "1,2").code == 0
    with serve(home) as serving:
        yield serving


def look(page: Page, server: Server, state: str) -> None:
    """Open a page and wait until nothing of it is on its way any more."""
    if state == "not found":
        expect_complaint(page, "404")
    page.goto(server.address + STATES[state], wait_until="networkidle")
    if state == "docs":
        page.get_by_text("/api/train-advanced").first.wait_for()


# Accessibility


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(page: Page, gallery: Server, state: str) -> None:
    look(page, gallery, state)
    sound(page)


def test_form_with_errors(page: Page, gallery: Server) -> None:
    page.goto(f"{gallery.address}/advanced-training?new=1")
    expect_complaint(page, "422")
    page.get_by_role("radio", name="Optimized").check()
    page.get_by_label("Trials per model").fill("5000")
    page.get_by_label("Horizon").fill("no")
    for category in CATEGORIES.values():
        page.get_by_role("checkbox", name=category).uncheck()
    page.get_by_role("button", name=START).click()

    summary = page.get_by_role("alert", name="There is a problem")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error:")
    expect(summary.get_by_role("link")).to_have_count(3)
    expect(page.get_by_label("Trials per model")).to_have_value("5000")
    expect(page.get_by_label("Horizon")).to_have_value("no")
    expect(page.get_by_role("radio", name="Optimized")).to_be_checked()
    trials = page.get_by_label("Trials per model")
    expect(trials).to_have_accessible_description(re.compile("Trials: enter a number from 1 to 3,360"))
    expect(trials).to_have_attribute("aria-invalid", "true")
    sound(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(trials).to_be_focused()
    assert n_experiments(gallery) == PARTLY_FAILED


def test_form_with_errors_in_portuguese(open_page: OpenPage, gallery: Server) -> None:
    page = open_page(lang="pt-BR")
    page.goto(f"{gallery.address}/advanced-training?new=1")
    expect_complaint(page, "422")
    page.get_by_role("radio", name="Otimizado").check()
    page.get_by_label("Tentativas por modelo").fill("0")
    page.get_by_role("button", name="Iniciar Treino Avançado").click()
    summary = page.get_by_role("alert", name="Há um problema")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Tentativas: digite um número de 1 a 3.360")
    assert page.title().startswith("Erro:")


def test_log_in(open_page: OpenPage, start_server: StartServer) -> None:
    token = "a-secret-of-twenty-four-letters"
    server = start_server(None, TRINTENA_TOKEN=token)
    page = open_page(size=PHONE)
    page.goto(f"{server.address}/custom-model")
    field = page.get_by_label("Token")
    expect(field).to_be_focused()
    sound(page)
    expect_complaint(page, "401")
    field.fill("a guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    sound(page)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="No saved model yet")).to_be_visible()
    sound(page)


# Languages

TEXTS = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, noscript, [lang]:not(html)")) found.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const each of document.body.querySelectorAll(`[${name}]`))
      if (!each.closest("[lang]:not(html)")) found.push(each.getAttribute(name));
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
"""All that is read or read out, hidden or not, but for what says itself in which language it is."""

NAMES = {
    *(word for row in ARCHITECTURES for word in re.findall(r"[^\W\d_]+", row.name)),
    *ACTIVATIONS,
    *(
        "Trintena",
        "API",
        "CSV",
        "PT",
        "EN",
        "Auto",
        "keras",
        "scaler",
        "md",
        "json",
        "AutoARIMA",
        "AutoETS",
        "AutoTheta",
        "png",
        "walk",
        "stroll",
        "glitch",
    ),
    *("RMSE", "MAE", "NASDAQ", "Composite", "NVDA", "Lookback", "lookback", "dropout", "Dropout", "tanh"),
    *("Random", "Search", "Bayesian", "Grid", "m", "h", "s", "min", "log", "x"),
    *("Ranking", "CET", "UTC", "SHA"),
}
"""Words that are the same in both languages."""


def words(text: str) -> list[str]:
    """Those of a text that are neither numbers nor checksums."""
    found = re.findall(r"\w+", text)
    return [word for word in found if not re.search(r"[\d_]", word)]


@pytest.mark.parametrize("state", [state for state in STATES if state != "docs"])
def test_no_english_in_portuguese(open_page: OpenPage, gallery: Server, state: str) -> None:
    texts: dict[str, list[str]] = {}
    for lang in ("en-US", "pt-BR"):
        page = open_page(lang=lang)
        look(page, gallery, state)
        assert page.locator("html").get_attribute("lang") == {"en-US": "en", "pt-BR": "pt-BR"}[lang]
        texts[lang] = page.evaluate(TEXTS)
    same = sorted(set(texts["en-US"]) & set(texts["pt-BR"]))
    assert [text for text in same if set(words(text)) - NAMES] == []


def test_language_and_theme_can_be_switched(page: Page, gallery: Server) -> None:
    look(page, gallery, "fast")
    page.get_by_role("button", name="PT", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    expect(page.get_by_role("region", name="Veredito")).to_be_visible()
    assert page.url == gallery.address + STATES["fast"]
    page.get_by_role("navigation").get_by_role("link", name="Experimentos").click()
    expect(page.get_by_role("heading", name="Todos os experimentos")).to_be_visible()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Escuro").click()
    expect(page.get_by_role("button", name="Escuro")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(ground) != light
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="All experiments")).to_be_visible()
    assert page.evaluate(ground) != light


# Sizes

SMALL_TARGETS = """() => [...document.querySelectorAll(
  "button, .button, header a, summary, select, nav a, input:not([type=hidden], [type=checkbox], [type=radio])"
)]
  .filter((each) => each.checkVisibility() && !each.closest("#reference, .plot, .skip"))
  .filter((each) => each.getBoundingClientRect().height > 1 && each.getBoundingClientRect().height < 43.9)
  .map((each) => `${each.outerHTML.slice(0, 120)}: ${each.getBoundingClientRect().height}`)"""

# Words beside each other, not those inside each other; what scrolls shows a part of itself only.
OVERLAPS = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !parent.checkVisibility()) continue;
    if (parent.closest(".scroll, .plot, option, .hidden-visually, .skip, #reference")) continue;
    if (getComputedStyle(parent).position === "absolute") continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) boxes.push([walker.currentNode.textContent.trim(), box]);
  }
  const found = [];
  for (const [i, [one, a]] of boxes.entries()) {
    if (a.left < -1 || a.right > innerWidth + 1) found.push(`outside: ${one}`);
    for (const [other, b] of boxes.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > Math.min(a.height, b.height) / 2) found.push(`${one} / ${other}`);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("state", STATES)
def test_fits_a_phone_and_twice_the_size(open_page: OpenPage, gallery: Server, state: str) -> None:
    page = open_page(lang="pt-BR", size=PHONE)
    look(page, gallery, state)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(OVERLAPS) == []
    if state in ("fast", "optimized"):
        verdict = page.get_by_role("region", name="Veredito").bounding_box()
        assert verdict is not None
        assert verdict["y"] + verdict["height"] <= PHONE["height"]
        expect(page.get_by_text(re.compile(r"^✓ concluído$"))).to_be_in_viewport(ratio=1)
    page.set_viewport_size(ZOOMED)
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
    assert page.evaluate(OVERLAPS) == []


# The keyboard

FOCUS = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return {
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isSeen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    what: element.outerHTML.slice(0, 120),
  };
}"""


def tab_to(page: Page, wanted: Any, most: int = 40) -> None:
    """Go on by Tab until an element has the focus, which every one on the way shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["ring"] >= 3, focus
        assert focus["isSeen"], focus
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{most} times Tab did not lead to {wanted}")


@pytest.mark.slow
def test_by_keyboard_alone(page: Page, start_server: StartServer) -> None:
    server = start_server()
    page.goto(server.address)
    expect(page.get_by_role("heading", name="No experiments yet")).to_be_visible()
    sound(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # over the header
    tab_to(page, page.get_by_role("button", name="Try the Nasdaq sample"), 2)
    tab_to(page, page.get_by_role("link", name="Upload CSV"), 1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="CSV file")).to_be_checked()
    tab_to(page, page.get_by_role("radio", name="CSV file"))
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Sample")).to_be_checked()
    tab_to(page, page.get_by_label("Lookback"))
    page.keyboard.press("Control+a")
    page.keyboard.type(str(LOOKBACK))
    for title in [title for title in CATEGORIES.values() if title != "Residual & Skip Connections"]:
        tab_to(page, page.get_by_role("checkbox", name=title))
        page.keyboard.press("Space")
    expect(page.get_by_text("5 trainings", exact=True)).to_be_visible()
    tab_to(page, page.get_by_role("button", name=START))
    page.keyboard.press("Enter")
    expect_champion(page)
    tab_to(page, page.get_by_role("link", name="Forecast", exact=True).last)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Forecast as a table")).to_be_visible(timeout=60_000)
