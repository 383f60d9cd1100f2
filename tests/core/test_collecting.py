"""What is made while the viewer starts is never looked through by Python's garbage collector."""

from __future__ import annotations

import gc

import pytest

from viewer.core.collecting import collecting_later


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_what_was_made_is_left_alone_later():
    with collecting_later():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


def test_a_start_that_fails_leaves_the_collector_on():
    with pytest.raises(OSError, match="full"), collecting_later():
        raise OSError("full")
    assert gc.isenabled()
