"""Every text of the interface has a translation that fits it."""

import gettext
import re
import string
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import translate  # noqa: E402

FILES = list(translate.files())


def entries(path):
    with path.open("rb") as file:
        return [each for each in read_po(file, locale=path.parents[1].name) if each.id]


def forms(text) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def fields(text: str) -> list[tuple[str, str]]:
    """Return what goes into a text, and how it is written there."""
    parts = string.Formatter().parse(text)
    return sorted((name, how or "") for _, name, how, _ in parts if name is not None)


def test_there_is_german():
    assert [path.parents[1].name for path in FILES] == ["de"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_every_text_is_translated_and_no_other_is(path):
    there = {each.id: each for each in entries(path)}
    texts = set(translate.texts())
    assert texts - set(there) == set(), "run tools/translate.py and translate these"
    assert set(there) - texts == set(), "run tools/translate.py, which removes these"
    assert [id for id, each in there.items() if not all(forms(each.string)) or each.fuzzy] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_what_goes_into_a_text_goes_into_its_translation(path):
    wrong = []
    for each in entries(path):
        ids = forms(each.id)
        for number, text in enumerate(forms(each.string)):
            wanted = fields(ids[min(number, len(ids) - 1)])
            if fields(text) != wanted:
                wrong.append((each.id, text))
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_translations_are_written_as_the_texts_are(path):
    """With the same mnemonics or none, ends, line breaks and spaces around."""
    wrong = []
    for each in entries(path):
        for one, other in zip(forms(each.id), forms(each.string), strict=False):
            marks = [len(re.findall(r"&\w", text)) for text in (one, other)]
            ends = [re.search(r"[.…:?]?\s*$", text)[0] for text in (one, other)]
            starts = [re.match(r"\s*", text)[0] for text in (one, other)]
            lines = [text.count("\n") for text in (one, other)]
            for pair in (marks, starts, lines, ends):
                if pair[0] != pair[1]:
                    wrong.append((one, other))
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
def test_what_ships_is_what_was_written(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for each in entries(path):
        for count in (0, 1, 2, 5):
            if isinstance(each.id, str):
                assert compiled.gettext(each.id) == each.string
            else:
                assert compiled.ngettext(*each.id, count) == each.string[count != 1]


def test_only_whole_texts_are_collected(tmp_path, monkeypatch):
    (tmp_path / "viewer").mkdir()
    (tmp_path / "viewer" / "bad.py").write_text("tr(title)")
    monkeypatch.setattr(translate, "ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"viewer/bad.py:1"):
        translate.texts()
