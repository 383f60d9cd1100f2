"""A worker that touches the interface is found; in the program only where somebody looks for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from viewer import ownership

ROOT = Path(__file__).parents[2]


def on_another_thread(do) -> None:
    thread = threading.Thread(target=do, name="worker")
    thread.start()
    thread.join()


def test_a_label_that_is_set_by_a_worker_is_found(qtbot):
    label = QLabel("before")
    qtbot.addWidget(label)
    found: list[str] = []
    guarded = ownership._guarded("QLabel.setText", lambda *_: None, found.append)
    guarded(label, "by us")
    assert found == []
    on_another_thread(lambda: guarded(label, "by a worker"))
    assert found == ["QLabel.setText on thread worker"]


def test_what_is_watched_is_given_back(qapp):
    before = {
        owner: [vars(owner).get(name) for name in names]
        for owner, names in ownership.WATCHED.items()
    }
    end = ownership.watch()
    assert QPixmap(3, 2).toImage().width() == 3
    end()
    after = {
        owner: [vars(owner).get(name) for name in names]
        for owner, names in ownership.WATCHED.items()
    }
    assert before == after


@pytest.mark.parametrize(
    ("flags", "variables", "status"),
    [([], {}, 0), (["-X", "dev"], {}, 1), ([], {"ANYZOOM_DEBUG": "1"}, 1)],
    ids=["usual", "developer", "debug"],
)
def test_in_debug_mode_the_viewer_watches(flags, variables, status):
    code = "import sys; from viewer import ownership; sys.exit(int(ownership.wanted()))"
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        cwd=ROOT,
        env={**os.environ, "ANYZOOM_DEBUG": "", **variables},
        timeout=60,
    )
    assert done.returncode == status
