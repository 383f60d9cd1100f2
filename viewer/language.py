"""The language of the interface: English in the source, others in `assets/locale`.

`tools/translate.py` collects the texts and keeps the translations' files up to date.
"""

from __future__ import annotations

import gettext
import re
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

import assets
from viewer.settings import Settings

LOCALE = assets.FOLDER / "locale"


def tr(text: str) -> str:
    """Return a text of the interface in the user's language.

    Figures and names go in afterwards: `tr("Picture {number}").format(number=3)`.
    """
    return _catalogue().gettext(text)


def trn(one: str, many: str, count: int) -> str:
    """Return the one of two texts that fits a count, which goes in afterwards."""
    return _catalogue().ngettext(one, many, count)


def told(text: str) -> str:
    """Return what the core or a worker tells, in the user's language if it is known there.

    What is made without Qt knows nothing of languages, and has its figures and names in it: it is
    recognised by the words between these, which may be known texts themselves.
    """
    known = _catalogue().gettext(text) if text else text
    if known != text:
        return known
    if re.fullmatch(r"\d+\.\d+", text):
        return text.replace(".", QLocale().decimalPoint())
    for pattern, translation in _templates():
        if found := pattern.fullmatch(text):
            return translation.format(*map(told, found.groups()))
    return text


def figure(value: float, decimals: int) -> str:
    """Return a number as the user's language writes it."""
    return f"{value:.{decimals}f}".replace(".", QLocale().decimalPoint())


def languages() -> tuple[tuple[str, str], ...]:
    """Return the languages there are: their codes, and what they are called in themselves."""
    codes = sorted(path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/*.mo"))
    return ("en", "English"), *((code, QLocale(code).nativeLanguageName()) for code in codes)


def use_language(qt: QCoreApplication) -> QTranslator:
    """Let Qt's own texts, keys and figures be in the language of all others."""
    language = _catalogue().info().get("language", "en")
    QLocale.setDefault(_locale(language))
    translator = QTranslator(qt)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(language), "qtbase", "_", folder):
        qt.installTranslator(translator)
    return translator


def _locale(language: str) -> QLocale:
    """Return the system's way to write figures if it is of that language, else the language's."""
    system = QLocale.system()
    return system if system.name().split("_")[0] == language else QLocale(language)


@lru_cache
def _catalogue() -> gettext.NullTranslations:
    chosen = Settings().get("language")
    system = [name.replace("-", "_") for name in QLocale.system().uiLanguages()]
    return catalogue([chosen] if chosen else system)


@lru_cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Return the texts with `{0}` in them as patterns, those of the most words first."""
    texts: dict[object, str] = getattr(_catalogue(), "_catalog", {})
    ids = [text for text in texts if isinstance(text, str) and "{0}" in text]
    ids.sort(key=lambda text: -len(re.sub(r"\{\d+\}", "", text)))
    return [(_pattern(text), texts[text]) for text in ids]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(map(re.escape, re.split(r"\{\d+\}", text))), re.DOTALL)


def catalogue(wanted: list[str]) -> gettext.NullTranslations:
    """Return the translations into the first of the languages there is; English needs none."""
    for language in wanted:
        if language.split("_")[0] == "en":
            break
        if gettext.find("anyzoom", LOCALE, [language]):
            return gettext.translation("anyzoom", LOCALE, [language])
    return gettext.NullTranslations()
