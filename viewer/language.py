"""The language of the interface: English in the source, others in `assets/locale`."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QLocale

import assets
from viewer.settings import Settings

LOCALE = Path(assets.__file__).parent / "locale"


def tr(text: str) -> str:
    """Return a text of the interface in the user's language.

    Figures and names go in afterwards: `tr("{count} pictures").format(count=3)`.
    """
    return _catalogue().gettext(text)


def languages() -> tuple[tuple[str, str], ...]:
    """Return the languages there are: their codes, and what they are called in themselves."""
    codes = sorted({"en"} | {path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/*.mo")})
    return tuple((code, QLocale(code).nativeLanguageName()) for code in codes)


@lru_cache
def _catalogue() -> gettext.NullTranslations:
    chosen = Settings().get("language")
    system = [name.replace("-", "_") for name in QLocale.system().uiLanguages()]
    return catalogue([chosen] if chosen else system)


def catalogue(wanted: list[str]) -> gettext.NullTranslations:
    """Return the translations into the first of the languages there is; English needs none."""
    for language in wanted:
        if language.split("_")[0] == "en":
            break
        if gettext.find("anyzoom", LOCALE, [language]):
            return gettext.translation("anyzoom", LOCALE, [language])
    return gettext.NullTranslations()
