"""Collects the texts of the interface, and brings the files of every translation up to date.

    pip install '.[test]' && python tools/translate.py

merges them into assets/locale/*/LC_MESSAGES/anyzoom.po, which one edits by hand or with a program
such as Poedit, and compiles these to .mo files. For another language make its folder first, with an
empty anyzoom.po. It says what is still to be translated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "assets" / "locale"

#: Where sentences come from that are shown in the window. What else there is prints English.
SOURCES = ("viewer/*.py", "viewer/core/*.py", "viewer/panels/*.py", "models/*.py")
PRINTING = ("viewer/desktop.py", "viewer/life.py", "models/train.py", "models/metrics.py")

Text = str | tuple[str, str]


def texts() -> dict[Text, list[str]]:
    """Return all texts, one or a pair of singular and plural each, and the files they are in.

    Raises `ValueError` if a text cannot be collected, because it is put together before.
    """
    trees = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for pattern in SOURCES
        for path in sorted(ROOT.glob(pattern))
        if path.relative_to(ROOT).as_posix() not in PRINTING
    }
    errors = _errors(trees.values())
    found: dict[Text, list[str]] = {}
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (text := _text_of(node, errors, name)):
                places = found.setdefault(text, [])
                if name not in places:
                    places.append(name)
    return found


def _errors(trees: Iterable[ast.Module]) -> set[str]:
    """Return the names of the exceptions whose messages users read."""
    classes = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"ViewerError", "ModelError"}
    while more := {name for name, bases in classes.items() if bases & known} - known:
        known |= more
    return known


def _text_of(call: ast.Call, errors: set[str], name: str) -> Text | None:
    function = ast.unparse(call.func).rpartition(".")[2]
    if function == "tr":
        return _literal(call.args[0], name)
    if function == "trn":
        return _literal(call.args[0], name), _literal(call.args[1], name)
    if function == "mark" or (function in errors and call.args):
        return _template(call.args[0])
    return None


def _literal(node: ast.expr, name: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(f"{name}:{node.lineno}: only literal texts can be collected")


def _template(node: ast.expr) -> str | None:
    """Return a text with its figures and names numbered; None if it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    fields = iter(range(len(node.values)))
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{next(fields)}}}"
        for part in node.values
    )


def files() -> Iterator[Path]:
    """Return the translations."""
    return LOCALE.glob("*/LC_MESSAGES/anyzoom.po")


def update(path: Path) -> list[str]:
    """Bring one translation up to date, compile it, and return what it lacks."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parents[1].name)
    created = catalogue.creation_date
    template = Catalog()
    for text, places in texts().items():
        template.add(text, locations=[(place, 0) for place in places])
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy, catalogue.creation_date = False, created  # nothing changes for nothing
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return [str(each.id) for each in catalogue if each.id and not _complete(each.string)]


def _complete(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    for path in files():
        for lacking in update(path):
            print(f"{path.parents[1].name}: {lacking!r} is not translated")
