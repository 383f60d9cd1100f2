"""A worker that touches the interface is found; in the program only where somebody looks for it.

So are locks that threads may wait for each other at.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from locks import Order
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


@pytest.fixture
def two_locks():
    """A watch that takes the locks of this file for a library's, and two of these."""
    order = Order()
    with order.watched():
        one = threading.Lock()
        other = threading.RLock()
    return order, one, other


def test_locks_in_one_order_are_fine(two_locks):
    order, one, other = two_locks
    for _ in range(2):
        with one, other, other:
            pass
    assert (order.breaches, order.held) == ([], [])


def test_locks_in_either_order_are_found_though_nobody_waits(two_locks):
    order, one, other = two_locks
    with one, other:
        pass
    with other, one:
        pass
    assert len(order.breaches) == 1
    assert "in either order" in order.breaches[0]
    assert order.breaches[0].count("test_ownership.py") == 2


def test_a_second_lock_of_our_own_is_found_whatever_the_order():
    order = Order(ours=(str(Path(__file__)),))
    with order.watched():
        one, other = threading.Lock(), threading.Lock()
    with one, other:
        pass
    assert len(order.breaches) == 1
    assert "is held" in order.breaches[0]


def test_locks_do_what_they_did_before_they_were_watched(two_locks):
    order, _, _ = two_locks
    with order.watched():
        event, condition = threading.Event(), threading.Condition()
    answers: list[bool] = []

    def wait() -> None:
        with condition, condition:
            answers.append(condition.wait(30))
        answers.append(event.wait(30))

    thread = threading.Thread(target=wait)
    thread.start()
    while not answers:
        with condition:
            condition.notify_all()
    event.set()
    thread.join()
    assert answers == [True, True]
    assert (order.breaches, order.held) == ([], [])
