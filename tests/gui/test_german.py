"""The viewer in German: all of it, as wide as it gets, and what the core says too."""

import re

import pytest
from everything import close_everything, words
from fakes import noise
from PIL import Image
from PySide6.QtCore import QLocale
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox

from viewer import language
from viewer.actions import plain
from viewer.core.errors import OpenError
from viewer.core.tiles import Filter
from viewer.language import told, tr, trn
from viewer.overlays import filter_names
from viewer.settings import Settings


def forget() -> None:
    language._catalogue.cache_clear()
    language._templates.cache_clear()


@pytest.fixture
def german(qapp):
    """Choose German in the settings, and start anew."""
    Settings().set("language", "de")
    forget()
    before = QLocale()
    translator = language.use_language(qapp)
    yield
    qapp.removeTranslator(translator)
    QLocale.setDefault(before)
    Settings().set("language", "")
    forget()


@pytest.mark.usefixtures("german")
def test_what_is_measured_has_a_comma_and_what_is_called_something_keeps_its_point(
    start, settle, qtbot, tmp_path
):
    path = tmp_path / "a.1.5.png"
    Image.fromarray(noise(300, 200)).save(path)
    app = start(path)
    QTest.keyClick(app.canvas, "m")
    qtbot.waitUntil(lambda: "a.1.5.png" in app.panels.metadata.text)
    assert "Größe: 300 × 200  (0,1 MP)" in app.panels.metadata.text


def test_nothing_is_left_in_english(start, german):
    app = start(zoom=2.0)
    shown = {plain(text) for text in words(app)}
    close_everything(app)
    translations = language._catalogue()._catalog
    english = {plain(text) for text, other in translations.items()
               if isinstance(text, str) and plain(text) != plain(other)}  # fmt: skip
    assert shown & english == set()
    assert {"Close", "Cancel", "&Close", "OK (Enter)"} & shown == set()
    assert {"Datei", "Einstellungen", "Tastenkürzel"} <= shown


def test_no_text_has_english_words_in_it(start, german, photo):
    """Texts that are put together are German as well."""
    app = start(zoom=2.0)
    shown = words(app)
    close_everything(app)
    english = re.compile(r"\b(the|pictures?|and|with|this|not|file|is|of|to|from)\b", re.I)
    found = [text for text in shown if english.search(text)]
    assert [text for text in found if str(photo.parent) not in text] == []


def test_qts_own_words_and_keys_are_german_too(start, german):
    app = start()
    buttons = app.window.dialogs.preferences.findChild(QDialogButtonBox)
    assert "Schließen" in plain(buttons.buttons()[0].text())
    native = QKeySequence.SequenceFormat.NativeText
    assert QKeySequence("Ctrl+E").toString(native) == "Strg+E"
    assert QLocale().toString(1.5) == "1,5"


def test_no_menu_has_a_mnemonic_twice(start, german):
    twice = []
    for menu in (app := start()).window.registry._menus.values():
        marks = [found[1].lower() for each in menu.actions()
                 if (found := re.search(r"&(\w)", each.text()))]  # fmt: skip
        twice += [(menu.title(), mark) for mark in set(marks) if marks.count(mark) > 1]
    bar = [re.search(r"&(\w)", each.text())[1].lower() for each in app.window.menuBar().actions()]
    assert not twice
    assert len(set(bar)) == len(bar)


@pytest.mark.parametrize(
    ("english", "german_one"),
    [
        ("There is no file photo.jpg.", "Es gibt keine Datei photo.jpg."),
        ("busy: 1 thread", "Rechner ausgelastet: 1 Thread"),
        ("short of memory: subnet 0.5", "wenig Speicher: Subnetz 0,5"),
        ("compact, photo", "compact, Foto"),
        (
            "The network ran out of memory: close other programs.",
            "Dem Netz ging der Speicher aus: Schließen Sie andere Programme.",
        ),
        (
            "a.xyz cannot be written: its name must end in one of .png, .jpg.",
            "a.xyz kann nicht geschrieben werden: Der Name muss auf eines von diesen enden:"
            " .png, .jpg.",
        ),
        ("What nobody has translated.", "What nobody has translated."),
        ("", ""),
    ],
)
def test_what_the_core_says_is_recognised(german, english, german_one):
    assert told(english) == german_one


def test_names_with_what_templates_are_made_of_are_harmless(german):
    assert told("There is no file {0} {name}.jpg.") == "Es gibt keine Datei {0} {name}.jpg."


def test_an_error_of_the_core_reaches_the_window_in_german(start, german, tmp_path):
    app = start()
    app.window.on_failed(str(OpenError(f"{tmp_path.name} is a folder, not a picture.")))
    assert app.window.messages.text == f"{tmp_path.name} ist ein Ordner, kein Bild."


def test_the_badge_is_german(start, german):
    assert start(zoom=2.0).window.badge.text() == "compact  ×2,00  Subnetz 0,7"
    assert filter_names()[Filter.BICUBIC] == "bikubisch"


def test_plural_forms(german):
    one, many = "{count} of the files is not a picture.", "{count} of the files are not pictures."
    assert trn(one, many, 1) == "{count} der Dateien ist kein Bild."
    assert trn(one, many, 2) == "{count} der Dateien sind keine Bilder."


def test_without_a_choice_the_system_decides(qapp, monkeypatch):
    class System:
        def uiLanguages(self):
            return ["fr-FR", "de-AT", "en-US"]

        def name(self):
            return "de_AT"

    monkeypatch.setattr(QLocale, "system", System)
    forget()
    try:
        assert tr("&File") == "&Datei"
        Settings().set("language", "en")
        forget()
        assert tr("&File") == "&File"
    finally:
        Settings().set("language", "")
        forget()


def test_the_settings_offer_every_language_in_its_own_words(start):
    app = start()
    QTest.keySequence(app.window, QKeySequence("Ctrl+,"))
    combo = app.window.dialogs.preferences.findChild(object, "language")
    offered = [combo.itemText(index) for index in range(combo.count())]
    assert offered == ["As the system", "English", "Deutsch"]
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    assert app.settings.get("language") == "de"
    close_everything(app)
