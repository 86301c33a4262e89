"""The reference of the API at /docs: Swagger UI, under our content policy and in our colours."""

from __future__ import annotations

import re

import pytest

from browser.conftest import OpenPage
from browser.serving import Server


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_swagger_ui_runs_under_our_policy_and_is_readable(
    server: Server, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(scheme=scheme)
    page.goto(f"{server.address}/docs")
    page.locator("#operations-server-health_healthz_get .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").first.wait_for()
    page.locator(".live-responses-table", has_text='"database"').wait_for()

    for place in ("#reference .info p", ".opblock-summary-path", ".opblock-tag", "#reference .title"):
        text, ground = page.locator(place).first.evaluate(
            """element => {
              const isClear = colour => /, 0(\\.[0-4]\\d*)?\\)$/.test(colour); // tinted at most
              let under = element;
              while (under.parentElement && isClear(getComputedStyle(under).backgroundColor)) {
                under = under.parentElement;
              }
              const body = getComputedStyle(document.body).backgroundColor;
              const found = getComputedStyle(under).backgroundColor;
              return [getComputedStyle(element).color, isClear(found) ? body : found];
            }"""
        )
        light, dark = sorted((_luminance(text), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (place, text, ground)
