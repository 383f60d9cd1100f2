"""Nothing reads the texts of modules for Qt's binding: Python would keep them, 40 MB with torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIEWER = """
import sys
from viewer.commands import view
view.main(["--preset", "off", "--snapshot", sys.argv[1]])
"""
NETWORK = """
import PySide6.QtCore
from viewer.engine import load_upscaler
load_upscaler("tiny", "cpu")
"""
KEPT = """
import linecache, sys
print(sum(f"/{sys.argv[2]}/" in name for name in linecache.cache))
"""


@pytest.mark.parametrize(("code", "package"), [(VIEWER, "viewer"), (NETWORK, "torch")])
def test_hardly_any_texts_of_modules_are_kept(tmp_path, code, package):
    words = [sys.executable, "-c", code + KEPT, str(tmp_path / "shot.png"), package]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) < 30  # torch reads a few of its own, of a thousand
