"""What the name of a series says about when it is traded, in the spelling of Yahoo Finance.

Two tables and two patterns, all explicit. A name that stands in none of them, such as a plain
American ticker or the name of an imported file, says nothing, and the rows decide.
"""

from __future__ import annotations

import re

EVERY_DAY = "24/7"
WEEKDAYS = "24/5"
"""Beside the names of exchanges: traded every day, and from Monday to Friday around the clock."""

SUFFIXES = {
    # America
    "SA": "BVMF",
    "TO": "XTSE",
    "V": "XTSE",
    "MX": "XMEX",
    "BA": "XBUE",
    "SN": "XSGO",
    "LM": "XLIM",
    "CL": "XBOG",
    # Europe, Africa and the Middle East
    "L": "XLON",
    "DE": "XETR",
    "F": "XFRA",
    "SG": "XSTU",
    "HM": "XHAM",
    "DU": "XDUS",
    "PA": "XPAR",
    "AS": "XAMS",
    "BR": "XBRU",
    "LS": "XLIS",
    "IR": "XDUB",
    "MI": "XMIL",
    "MC": "XMAD",
    "SW": "XSWX",
    "VI": "XWBO",
    "ST": "XSTO",
    "OL": "XOSL",
    "CO": "XCSE",
    "HE": "XHEL",
    "IC": "XICE",
    "WA": "XWAR",
    "PR": "XPRA",
    "BD": "XBUD",
    "IS": "XIST",
    "ME": "XMOS",
    "JO": "XJSE",
    "TA": "XTAE",
    "SR": "XSAU",
    # Asia and Oceania
    "T": "XTKS",
    "HK": "XHKG",
    "SS": "XSHG",
    "SZ": "XSHG",  # Shenzhen keeps the days of Shanghai
    "TW": "XTAI",
    "TWO": "XTAI",
    "KS": "XKRX",
    "KQ": "XKRX",
    "SI": "XSES",
    "KL": "XKLS",
    "BK": "XBKK",
    "JK": "XIDX",
    "PS": "XPHS",
    "NS": "XBOM",  # both Indian exchanges keep the same days
    "BO": "XBOM",
    "AX": "XASX",
    "NZ": "XNZE",
}
"""What stands after the last dot of a symbol, and the exchange's name in `exchange_calendars`."""

INDICES = {
    **dict.fromkeys(("GSPC", "SPX", "IXIC", "NDX", "DJI", "DJT", "DJU", "RUT", "VIX", "NYA", "SOX"), "XNYS"),
    "BVSP": "BVMF",
    "GSPTSE": "XTSE",
    "MXX": "XMEX",
    "MERV": "XBUE",
    "FTSE": "XLON",
    "FTMC": "XLON",
    "GDAXI": "XETR",
    "MDAXI": "XETR",
    "FCHI": "XPAR",
    "AEX": "XAMS",
    "BFX": "XBRU",
    "IBEX": "XMAD",
    "SSMI": "XSWX",
    "ATX": "XWBO",
    "OMX": "XSTO",
    "OMXC25": "XCSE",
    "OMXH25": "XHEL",
    "N225": "XTKS",
    "HSI": "XHKG",
    "HSCE": "XHKG",
    "TWII": "XTAI",
    "KS11": "XKRX",
    "STI": "XSES",
    "KLSE": "XKLS",
    "JKSE": "XIDX",
    "NSEI": "XBOM",
    "BSESN": "XBOM",
    "AXJO": "XASX",
    "AORD": "XASX",
    "NZ50": "XNZE",
}
"""What stands after the `^` of an index."""

_CURRENCY = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|BRL|ARS|MXN|CNY|HKD|SGD|KRW|INR|TRY|ZAR|SEK|NOK|DKK|PLN"
_CURRENCIES = re.compile(rf"(?:{_CURRENCY})[-/](?:{_CURRENCY})")
_CRYPTO = re.compile(rf"[A-Z0-9]{{2,12}}[-/](?:{_CURRENCY}|USDT|USDC|BUSD|DAI|FDUSD|BTC|ETH)")


def calendar_named_by(symbol: str) -> str | None:
    """The exchange of a symbol, `EVERY_DAY`, `WEEKDAYS`, or None where the name says nothing."""
    symbol = symbol.upper()
    if symbol.endswith("=X") or _CURRENCIES.fullmatch(symbol):
        return WEEKDAYS
    if _CRYPTO.fullmatch(symbol):
        return EVERY_DAY
    if symbol.startswith("^") and symbol[1:] in INDICES:
        return INDICES[symbol[1:]]
    _, dot, suffix = symbol.rpartition(".")
    return SUFFIXES.get(suffix) if dot else None
