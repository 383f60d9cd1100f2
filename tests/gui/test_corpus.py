"""Broken files in the window: the picture before stays as it is, and the viewer lives on."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from pathlib import Path

import corpus
import numpy as np
import pytest

from viewer.app import App

KINDS = sorted(corpus.seeds())


@pytest.fixture(autouse=True)
def _no_fading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a picture look the same as long as nothing happens."""
    monkeypatch.setattr("viewer.painting.FADE_SECONDS", 1e-9)


def sample(kind: str, count: int) -> list[tuple[str, bytes]]:
    """Return some of the damaged files of a kind, from all over them."""
    cases = list(corpus.cases(kind, 4, thorough=False))
    chosen = np.random.default_rng(len(kind)).permutation(len(cases))[:count]
    return [cases[index] for index in chosen]


def open_all(app: App, qtbot, folder: Path, cases: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Open files one after the other; return how many were shown, and how many refused."""
    refused: list[Path] = []
    app.pictures.reader.failed.connect(lambda failure: refused.append(failure.request.path))
    shown = 0
    for number, (name, data) in enumerate(cases):
        place = folder / str(number)
        place.mkdir()
        (place / name).write_bytes(data)
        before, title, path = app.canvas.picture(), title_of(app), place / name
        app.open([path])

        def is_shown(path: Path = path) -> bool:
            return app.browser.picture is not None and app.browser.picture.stamp.path == path

        qtbot.waitUntil(lambda: is_shown() or path in refused)  # noqa: B023
        if path not in refused:
            shown += 1
            qtbot.waitUntil(lambda: app.scheduler._resting)
            continue
        qtbot.waitUntil(lambda: app.window.messages.text != "")
        sentence = app.window.messages.text
        assert sentence.endswith(".")
        assert sentence.isprintable()
        assert moves(app) or app.canvas.picture() == before, name
        assert title_of(app) == title, name
        app.window.messages.dismiss()
    return shown, len(refused)


def moves(app: App) -> bool:
    """Tell whether an animation is on screen, which goes on while others are refused."""
    return app.browser.picture is not None and app.browser.picture.picture.frame_ms > 0


def title_of(app: App) -> str:
    """Return the picture's name in the title, without its place among others."""
    return app.window.windowTitle().split("  ")[0]


def still_works(app: App, qtbot, photo: Path, caplog) -> None:
    app.open([photo])
    qtbot.waitUntil(lambda: "photo.png" in app.window.windowTitle())
    qtbot.waitUntil(lambda: app.scheduler._resting)
    assert app.canvas.view.image == (300, 200)
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def test_a_sample_of_broken_files_leaves_the_picture_before(start, qtbot, tmp_path, photo, caplog):
    app = start(preset="off")
    cases = [(f"case.{kind}", data) for kind in KINDS for _, data in sample(kind, 1)]
    shown, refused = open_all(app, qtbot, tmp_path, cases)
    assert shown + refused >= len(cases) >= 20
    assert refused > 3
    still_works(app, qtbot, photo, caplog)


def test_hostile_files_leave_the_picture_before(start, qtbot, tmp_path, photo, caplog):
    app = start(preset="off")
    specials = corpus.specials()
    names = [name for name in sorted(specials) if len(specials[name]) < 1_000_000]
    open_all(app, qtbot, tmp_path, [(name, specials[name]) for name in names[:8]])
    still_works(app, qtbot, photo, caplog)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_broken_files_leave_the_picture_before(start, qtbot, tmp_path, photo, caplog, kind):
    app = start()
    cases = [(f"case.{kind}", data) for _, data in sample(kind, 100)]
    odd = [(name, data) for name, data in itertools.islice(corpus.specials().items(), 40)]
    open_all(app, qtbot, tmp_path, [*cases, *(odd if kind == KINDS[0] else [])])
    still_works(app, qtbot, photo, caplog)
