"""The language of the interface: English in the source, others in `assets/locale`."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QLocale

import assets


def tr(text: str) -> str:
    """Return a text of the interface in the user's language.

    Figures and names go in afterwards: `tr("{count} pictures").format(count=3)`.
    """
    return _catalogue().gettext(text)


@lru_cache
def _catalogue() -> gettext.NullTranslations:
    languages = [name.replace("-", "_") for name in QLocale.system().uiLanguages()]
    folder = Path(assets.__file__).parent / "locale"
    return gettext.translation("anyzoom", folder, languages, fallback=True)
