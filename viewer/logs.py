"""What is kept for a bug report: a log that rotates and what a crash leaves, in the user's state
folder, without names of files.

Nothing here may keep the program from running: where no log can be kept there is none.
"""

from __future__ import annotations

import faulthandler
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from viewer.core.places import state_folder

#: How long a log grows before another one is begun, and how many are kept besides.
LOG_BYTES, KEPT_LOGS = 256 << 10, 3

#: What of a message may be a path, or the name of a picture.
_NAMES = re.compile(r"(['\"]).*?\1|\S*[/\\]\S+|\S+\.\w{2,5}\b", re.DOTALL)
HIDDEN = "…"

OURS = ("viewer", "models")


def log_file() -> Path:
    """Return where the log is kept. Raises `FileNotFoundError` without a home."""
    return state_folder() / "anyzoom.log"


def crash_file() -> Path:
    """Return where Python notes where it was when it crashed. Raises as `log_file` does."""
    return state_folder() / "crash.txt"


@contextmanager
def kept(debug: bool) -> Iterator[None]:
    """Keep a log, and what a crash leaves; tell of errors on stderr, with `debug` of all."""
    log, said = None, _to_stderr(debug)
    with suppress(OSError):
        log = _to_file()
    root = logging.getLogger()
    attached = [(root, said), *((logging.getLogger(name), log) for name in OURS if log)]
    levels = [(logger, logger.level) for logger, _ in attached]
    for logger, handler in attached:
        logger.addHandler(handler)
        if logger is not root or debug:
            logger.setLevel(logging.INFO)
    logging.raiseExceptions = debug  # a full disk is no reason to fill the terminal, too
    try:
        with _crashes_noted():
            yield
    finally:
        for (logger, handler), (_, level) in zip(attached, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            with suppress(OSError):  # of a full disk, once more
                handler.close()


def nameless(text: str) -> str:
    """Return a text without what may name a file."""
    return _NAMES.sub(HIDDEN, text)


class Nameless(logging.Formatter):
    """One line for each record; of exceptions their kinds, and where in Anyzoom they arose."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = nameless(record.message.replace("\n", " "))
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        assert isinstance(ei, tuple)
        error: BaseException | None = ei[1]
        told: list[str] = []
        while error is not None and len(told) < 5:
            told.append(f"  {type(error).__name__}{_places(error.__traceback__)}")
            error = error.__cause__ or error.__context__
        return "\n".join(told)


class OneLine(logging.Formatter):
    """Says what went wrong, and of an exception no more than its name."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        why = f" ({kind.__name__}): --debug shows where" if kind else ""
        return f"anyzoom: {record.getMessage()}{why}."


def _places(trace: TracebackType | None) -> str:
    """Return the last lines of code that an exception passed, the innermost first."""
    frames = extract_tb(trace)[-4:] if trace is not None else []
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return f" at {', '.join(places)}" if places else ""


def _to_stderr(debug: bool) -> logging.Handler:
    handler = logging.StreamHandler()
    if debug:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    else:
        handler.setFormatter(OneLine())
        handler.setLevel(logging.ERROR)
    return handler


def _to_file() -> logging.Handler:
    path = log_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=KEPT_LOGS, encoding="utf-8", delay=True
    )
    handler.setFormatter(Nameless())
    return handler


@contextmanager
def _crashes_noted() -> Iterator[None]:
    """Have Python note where each thread was, should the process crash in a library."""
    if faulthandler.is_enabled():  # somebody else takes care of that, as tests do
        yield
        return
    file = None
    with suppress(OSError):
        path = crash_file()
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.unlink()
        file = path.open("a", encoding="utf-8")
    target = file or sys.stderr
    if target is not None:
        faulthandler.enable(target)
    try:
        yield
    finally:
        faulthandler.disable()
        if file is not None:
            file.close()
