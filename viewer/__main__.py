"""The command line: which part of Anyzoom is wanted, and how its failures are told.

Qt and torch are imported only by the parts that need them.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeGuard

from models.spec import ModelError
from viewer import logs
from viewer.core.errors import ViewerError, one_line, shown

#: First words with a meaning of their own; whatever else comes first is a file or folder to view.
COMMANDS = {
    "upscale": "viewer.commands.upscale",
    "eval": "viewer.commands.evaluate",
    "models": "viewer.commands.listing",
    "bench": "viewer.commands.bench",
    "train": "viewer.commands.train",
}
#: Not for people: how a bundle without a Python of its own starts the process that decodes.
OWN_COMMANDS = {"--decode-for": "viewer.core.decoding"}
VIEW = "viewer.commands.view"

log = logging.getLogger("viewer")

INTERRUPTED = 130  # 128 + SIGINT, as shells have it

#: What a system or a terminal that goes away sends, unless it was told not to (`nohup`).
ENDING = ("SIGTERM", "SIGHUP")

_STDERR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run `anyzoom` with these arguments and return its exit status.

    0: done; 1: it failed, and one sentence on stderr says why; 2: the arguments make no sense;
    130: interrupted; 128 and its number: ended by another signal.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _open_standard_streams()
    if words and words[0] in OWN_COMMANDS:
        return _run(words)
    with _ended_by_signals(), logs.kept("--debug" in words):
        return _told(words)


def _open_standard_streams() -> None:
    """Let no file that is opened later have the number of a stream that was closed.

    Whatever a library then complains of would be written into that file.
    """
    with suppress(OSError):  # in a container without devices
        while (found := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
            pass
        os.close(found)


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Have the process end as it does by itself when it is told to: nothing unfinished is left."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    numbers: list[int] = []
    if threading.current_thread() is threading.main_thread():
        wanted = (getattr(signal, name, None) for name in ENDING)
        numbers = [each for each in wanted if each and signal.getsignal(each) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _told(words: list[str]) -> int:
    """Run it, and tell of each failure in one sentence."""
    debug = "--debug" in words
    with suppress(AttributeError):  # names of files need not be text, nor terminals know all of it
        sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    with warnings.catch_warnings():
        if not debug:
            warnings.simplefilter("ignore")  # libraries' remarks mean nothing to a user
        try:
            with _all_written():
                return _run(words)
        except (ViewerError, ModelError) as error:
            log.info("Refused", exc_info=True)
            return _fail(str(error))
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            # The reader of our output went away: nothing is wrong, and nobody is there to be told.
            _drop_output()
            return 1
        except MemoryError:
            return _fail("There is not enough free memory for that.")
        except Exception as error:
            if debug:
                raise
            log.warning("Failed", exc_info=True)
            if isinstance(error, OSError) and error.strerror:
                return _fail(_of_the_system(error))
            kind = type(error).__name__
            return _fail(f"Something went wrong in Anyzoom ({kind}): --debug shows where.")


@contextmanager
def _all_written() -> Generator[None]:
    """Write all output in the end. Raises `OSError` while that can still be told."""
    try:
        yield
    except SystemExit:  # after --help, say
        _write_out()
        raise
    _write_out()


def _write_out() -> None:
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError:
            _drop_output()
            raise


def _drop_output() -> None:
    """Let Python not try once more at its end to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    known = {**COMMANDS, **OWN_COMMANDS}
    if words and words[0] in known:
        return importlib.import_module(known[words[0]]).main(words[1:])
    return importlib.import_module(VIEW).main(words)


def _of_the_system(error: OSError) -> str:
    name = f"{shown(Path(os.fsdecode(error.filename)))}: " if _is_path(error.filename) else ""
    return f"{name}{error.strerror}."


def _is_path(name: object) -> TypeGuard[str | bytes]:
    return isinstance(name, (str, bytes)) and bool(name)


def _fail(sentence: str) -> int:
    print(f"anyzoom: {one_line(sentence)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
