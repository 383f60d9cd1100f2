"""What is free is known in a container, too, and where the system does not tell."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import psutil
import pytest

from viewer.core import memory
from viewer.core.memory import free_bytes


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Control groups of our own, on a machine of eight gigabytes: limits are set by `limit`."""
    own = tmp_path / "own"
    own.write_text("3:cpuset:/\n0::/user/shell\n")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "OWN_GROUP", own)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8 << 30))

    def limit(group: str, most: str, used: int = 0, of_files: int = 0) -> None:
        folder = tmp_path / "groups" / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {of_files}\n")

    return limit


def test_without_limits_it_is_what_the_machine_has(groups):
    assert free_bytes() == 8 << 30
    groups("", "max")
    groups("user/shell", "max")
    assert free_bytes() == 8 << 30


@pytest.mark.parametrize("group", ["", "user", "user/shell"])
def test_a_limit_of_a_container_counts_wherever_it_is_set(groups, group):
    groups("user/shell", "max")
    groups(group, "1000000", used=700_000, of_files=200_000)
    assert free_bytes() == 500_000


def test_more_than_is_allowed_leaves_nothing(groups):
    groups("user", "1000", used=5000)
    assert free_bytes() == 0


@pytest.mark.parametrize("text", ["", "\xff", "0::/\n", "0::/../../etc\n", "0::relative\n"])
def test_nonsense_about_groups_is_no_limit(groups, text):
    memory.OWN_GROUP.write_text(text, encoding="latin-1")
    groups("user/shell", "nonsense")
    assert free_bytes() == 8 << 30


@pytest.mark.parametrize("error", [errno.ENOENT, errno.EMFILE])
def test_where_nothing_is_told_it_is_what_is_unused(monkeypatch, error):
    """Linux tells through files: a container may have none, a process no number left for one."""

    def fail() -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(psutil, "virtual_memory", fail)
    assert 0 < free_bytes() <= 1 << 62
