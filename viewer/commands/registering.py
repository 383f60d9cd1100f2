"""`anyzoom --register` and `--unregister`: the menu entry and file types of a Linux desktop."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class _Register(argparse.Action):
    """Does so, says where, and ends the program, as --version does. Raises `ViewerError`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        from viewer import desktop

        if self.dest == "register":
            print(f"Anyzoom is known to your desktop now, by files in {desktop.register()}.")
        else:
            print(f"Anyzoom is removed from {desktop.unregister()}.")
        parser.exit()


def add_register_options(parser: argparse.ArgumentParser) -> None:
    """Add both options."""
    for option, text in (
        ("--register", "Linux: add Anyzoom to your desktop's menu and 'Open with', and quit"),
        ("--unregister", "Linux: remove it from there, and quit"),
    ):
        parser.add_argument(option, nargs=0, action=_Register, help=text)
