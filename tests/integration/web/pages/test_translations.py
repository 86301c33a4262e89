"""The pages speak one language at a time: every text of theirs is in the catalog, and goes through it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.support import NullTranslations

from integration.web.pages.showcase import AGAIN, ELSEWHERE, FAST, SEARCHED, Visitor, visiting
from pages import Page
from trintena import language
from trintena.domain import SearchSpace
from trintena.web.options import WebOptions
from trintena.web.pages import rendering
from trintena.zoo import ARCHITECTURES, CATEGORIES

ROOT = Path(__file__).parents[4]
TEMPLATES = ROOT / "src" / "trintena" / "web" / "pages" / "templates"


def _command() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _command()

# The catalog


@pytest.mark.parametrize(("locale", "path"), messages.CATALOGS.items())
def test_catalog_is_up_to_date_and_whole(locale: str, path: Path) -> None:
    catalog = messages.updated(locale, path)
    assert messages.written(catalog) == path.read_text("utf-8"), "run `python scripts/messages.py`"
    assert list(messages.faults(catalog)) == []
    assert len(catalog) > 100


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "Skip to content"\nmsgstr ""\n', "untranslated: 'Skip to content'"),
        ('#, fuzzy\nmsgid "Files"\nmsgstr "Ficheiros"\n', "fuzzy: 'Files'"),
        ('#, python-format\nmsgid "version %(n)s"\nmsgstr "versão"\n', "version %(n)s"),
        (
            'msgid "%(n)s row"\nmsgid_plural "%(n)s rows"\nmsgstr[0] "%(n)s linha"\nmsgstr[1] ""\n',
            "untranslated",
        ),
    ],
    ids=["untranslated", "fuzzy", "placeholder", "plural"],
)
def test_faults_of_a_catalog_are_found(tmp_path: Path, entry: str, fault: str) -> None:
    from babel.messages.pofile import read_po

    file = tmp_path / "messages.po"
    file.write_text(f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n{entry}', "utf-8")
    with file.open("rb") as stream:
        (found,) = messages.faults(read_po(stream, locale="pt_BR"))
    assert fault in found


def test_catalog_holds_nothing_that_changes_by_itself() -> None:
    for path in messages.CATALOGS.values():
        text = path.read_text("utf-8")
        assert not re.search(r"@|Date:|Translator|^#[:~ ]", text, re.MULTILINE)


def test_none_is_singular_in_portuguese() -> None:
    """0 takes the singular, so a text that counts must say "Nenhum" itself where there is none."""
    translations = rendering.translations("pt")
    one, many = "%(shown)s training", "%(shown)s trainings"
    forms = [translations.ungettext(one, many, n) for n in (0, 1, 2)]
    assert forms == ["%(shown)s treino", "%(shown)s treino", "%(shown)s treinos"]


# Attributes of templates

_SAID = re.compile(r"\b(title|aria-label|placeholder|alt|aria-description)=\"((?:[^\"{]|\{\{.*?\}\})*)\"")
_LANGUAGES = {"Português", "English"}
"""Each is named in itself."""


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_attributes_that_are_read_out_are_translated(template: Path) -> None:
    for name, value in _SAID.findall(template.read_text("utf-8")):
        bare = re.sub(r"\{\{.*?\}\}", "", value).strip()
        assert bare in _LANGUAGES or not re.search(r"[^\W\d_]{2,}", bare), f"{name}={value!r}"


# Everything that is seen

_OPEN, _CLOSE = "⟦", "⟧"


class Marked(NullTranslations):
    """A catalog that puts every text in brackets."""

    def ugettext(self, message: str) -> str:
        return f"{_OPEN}{message}{_CLOSE}"

    def ungettext(self, one: str, many: str, n: int) -> str:
        return f"{_OPEN}{one if n == 1 else many}{_CLOSE}"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that was translated, by catalog or by `phrase`, stands in brackets from now on."""
    plain = language.phrase

    def phrase(*, en: str, pt: str) -> str:
        return f"{_OPEN}{plain(en=en, pt=pt)}{_CLOSE}"

    for name, module in list(sys.modules.items()):
        is_user = name.startswith("trintena.") and name != "trintena.language"
        if is_user and vars(module).get("phrase") is plain:
            monkeypatch.setattr(module, "phrase", phrase)
    monkeypatch.setattr(rendering, "translations", lambda chosen: Marked())


_DATES = re.compile(r"\d{1,2} de [a-z]{3}\.? de \d{4}(, \d\d:\d\d)?")
_HASHES = re.compile(r"\b[0-9a-f]{12}\b")
_DATA = {
    *SearchSpace().activation,
    *("WALK", "OTHER", "sample", "nasdaq", "sp500"),
    *("Trintena", "PT", "EN", "API", "RMSE", "MAE", "Lookback", "Token", "TRINTENA", "CSV", "JSON", "HTML"),
    *("lookback", "Grid", "Random", "Search", "Bayesian"),
    *("trintena", "serve", "keras", "scaler", "md", "json", "min", "openapi", "csv"),
    *("AutoARIMA", "AutoETS", "AutoTheta"),
    *("Because", "of", "a", "test"),
}
"""Names and units that are the same in both languages, and what the tests themselves put in."""
_NAMES = sorted({row.name for row in ARCHITECTURES} | set(CATEGORIES), key=len, reverse=True)


def outside(text: str) -> str:
    """What of a text did not go through a translation: brackets may hold others, which may be data."""
    kept, depth = [], 0
    for character in text:
        depth += (character == _OPEN) - (character == _CLOSE)
        if depth == 0 and character not in (_OPEN, _CLOSE):
            kept.append(character)
    return "".join(kept)


def untranslated(page: Page) -> list[str]:
    """Words that a reader sees or hears, and that nobody translated."""
    heard = ("title", "aria-label", "placeholder", "alt")
    said = [value or "" for _, each in page.elements for name, value in each.items() if name in heard]
    drawn = [each["data-strings"] or "" for _, each in page.elements if "data-strings" in each]
    said += [text for strings in drawn for text in json.loads(strings).values()]
    found = []
    for text in [*page.words, *said]:
        rest = _HASHES.sub(" ", _DATES.sub(" ", outside(text)))
        for name in _NAMES:
            rest = rest.replace(name, " ")
        found += [word for word in re.findall(r"[^\W\d_]+", rest) if len(word) > 1 and word not in _DATA]
    return [word for word in found if word not in _LANGUAGES]


def looked_at(visitor: Visitor) -> Iterator[tuple[str, int]]:
    """Every page in every state that the showcase has, with the status that it answers."""
    newest = visitor.registry.versions()[0].version
    yield "/", 200
    yield f"/compare?experiment={FAST}&experiment={AGAIN}", 200
    yield f"/compare?experiment={ELSEWHERE}&experiment={SEARCHED}", 200
    yield "/compare", 422
    yield "/nowhere", 404
    for model in visitor.registry.versions():
        yield f"/custom-model?version={model.version}", 200
    yield f"/custom-model?version={newest}&whole=true", 200
    for id_ in (ELSEWHERE, SEARCHED, FAST):
        yield f"/advanced-training?experiment={id_}", 200
    yield "/advanced-training?new=1", 200


@pytest.mark.usefixtures("marked")
def test_every_text_of_every_page_goes_through_a_translation(visitor: Visitor) -> None:
    left: dict[str, list[str]] = {}

    def look(path: str, status: int = 200) -> None:
        words = untranslated(visitor.sees(path, status=status, lang="pt"))
        if words:
            left[path] = words

    for path, status in looked_at(visitor):
        look(path, status)
    with visitor.running() as running:
        look("/")
        look(f"/advanced-training?experiment={running}")
    waiting = visitor.submit(mode="optimized")
    visitor.registry.set_state(visitor.submit(), "failed", "Because of a test.")
    look("/")
    look(f"/advanced-training?experiment={waiting}")
    stem = visitor.registry.versions()[0].stem
    (visitor.home / "models" / f"{stem}.keras").write_bytes(b"")
    look(f"/custom-model?version={visitor.registry.versions()[0].version}&whole=true", 409)
    assert left == {}, "\n".join(f"{path}: {words}" for path, words in left.items())


@pytest.mark.usefixtures("marked")
def test_pages_for_newcomers_are_translated(newcomer: Visitor) -> None:
    for path in ("/", "/custom-model", "/advanced-training", "/docs"):
        assert untranslated(newcomer.sees(path, lang="pt")) == [], path


@pytest.mark.usefixtures("marked")
def test_login_is_translated(newcomer: Visitor) -> None:
    with visiting(newcomer.home, WebOptions(token="a token of some length")) as stranger:
        page = stranger.sees("/login", lang="pt")
        assert untranslated(page) == []
        answer = stranger.presses("/login", token="wrong")
        assert answer.status_code == 401
        assert untranslated(Page(answer.text)) == []


def test_a_text_that_is_not_translated_would_be_found() -> None:
    shown = f'<p title="{_OPEN}Dica{_CLOSE}">{_OPEN}Olá {_OPEN}1{_CLOSE}{_CLOSE} WALK 24 de nov. de 2026</p>'
    assert untranslated(Page(shown)) == []
    assert untranslated(Page(f"<p>{_OPEN}Olá{_CLOSE} there</p>")) == ["there"]
    assert untranslated(Page('<p title="Hint">—</p>')) == ["Hint"]


def test_portuguese_pages_say_what_the_sketches_say(visitor: Visitor, newcomer: Visitor) -> None:
    text = visitor.sees("/", lang="pt-BR").text
    for words in ("Experimentos", "Treinar", "Prever", "Comparar", "Ganho no teste", "concluído"):
        assert words in text
    empty = newcomer.sees("/", lang="pt").text
    assert "Testar com a amostra Nasdaq" in empty
    assert "Enviar CSV" in empty
