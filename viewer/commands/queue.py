"""Runs many jobs: on threads of this machine, or on the workers of a Dask scheduler."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from models.spec import ModelError
from viewer.commands import network
from viewer.commands.progress import Bar
from viewer.core import enlarge
from viewer.core.decoder import Decoder
from viewer.core.enlarge import Chunk, Job, Load, Open, Watch
from viewer.core.errors import Cancelled, ViewerError, one_line, shown

#: How often the bar moves while files are being made.
TICK_SECONDS = 0.25

#: How long to wait for a Dask scheduler to answer.
CONNECT_SECONDS = 10


class Outcome(NamedTuple):
    """How far all is (0 to 1); and of a job that has ended the sentence why it failed, or none."""

    share: float
    job: Job | None = None
    complaint: str = ""


class Share(Watch):
    """Counts the chunks of one job, and ends it once `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.done = 0.0

    def chunks(self, chunks: Sequence[Chunk]) -> Iterable[Chunk]:
        for index, chunk in enumerate(chunks):
            self.check()
            self.done = index / len(chunks)
            yield chunk

    def check(self) -> None:
        if self._stop.is_set():
            raise Cancelled


def complaint_of(job: Job, load: Load, watch: Watch, source: Open) -> str:
    """Do a job, and return a sentence if it fails. Raises `Cancelled`."""
    try:
        enlarge.run(job, load, watch, source)
    except Cancelled:
        raise
    except (ViewerError, ModelError) as error:
        return str(error)
    except MemoryError:
        return "There is not enough free memory for that."
    return ""


def work(jobs: Sequence[Job], count: int, device: str, precision: str) -> Iterator[Outcome]:
    """Do jobs on `count` threads. Whoever stops listening stops them, and no file is left half."""
    stop = threading.Event()
    count = max(1, min(count, len(jobs)))
    own = threading.local()
    threads = max(1, network.idle_cores() // count)

    with ExitStack() as decoders:

        def prepare() -> None:
            own.load = network.loader(device, precision, threads)
            own.open = decoders.enter_context(Decoder()).open

        def do(job: Job, watch: Share) -> str:
            return complaint_of(job, own.load, watch, own.open)

        pool = ThreadPoolExecutor(count, "upscale", prepare)
        try:
            watches = [Share(stop) for _ in jobs]
            futures = {
                pool.submit(do, replace(job, sharers=count), watch): job
                for job, watch in zip(jobs, watches, strict=True)
            }
            yield from _outcomes(futures, watches)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _outcomes(futures: dict[Future[str], Job], watches: Sequence[Share]) -> Iterator[Outcome]:
    running, total = set(futures), len(futures)
    while running:
        ended, running = wait(running, TICK_SECONDS, FIRST_COMPLETED)
        done = total - len(running)
        for future in ended:
            yield Outcome(done / total, futures[future], future.result())
        begun = sum(
            watch.done for future, watch in zip(futures, watches, strict=True) if future in running
        )
        yield Outcome((done + begun) / total)


def spread(jobs: Sequence[Job], address: str, device: str, precision: str) -> Iterator[Outcome]:
    """Let the workers of a Dask scheduler do jobs; they must see the files under the same paths.

    Raises `ViewerError` if there is no such scheduler, or no Dask.
    """
    try:
        dask = importlib.import_module("distributed")
    except ImportError as error:
        raise ViewerError("Dask is not installed: pip install 'anyzoom[dask]'.") from error
    try:
        client = dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ViewerError(f"There is no Dask scheduler at {address}.") from error
    with client:
        futures = {}
        for job in jobs:
            sent = replace(job, source=job.source.absolute(), target=job.target.absolute())
            futures[client.submit(_do_there, sent, device, precision, pure=False)] = job
        try:
            for done, future in enumerate(dask.as_completed(list(futures), loop=client.loop), 1):
                complaint = future.result() if future.status == "finished" else _lost(future)
                yield Outcome(done / len(jobs), futures[future], complaint)
        finally:
            client.cancel(list(futures))  # those that have begun end, or leave nothing behind


def _do_there(job: Job, device: str, precision: str) -> str:
    with Decoder() as decoder:
        load = network.loader(device, precision)
        return complaint_of(job, load, Share(threading.Event()), decoder.open)


def _lost(future: Any) -> str:
    return f"A Dask worker failed ({type(future.exception()).__name__})."


def told(outcomes: Iterator[Outcome], count: int, folder: Path, bar: Bar) -> int:
    """Tell how jobs go, and how they went; return the exit status."""
    failed = ended = 0
    try:
        for outcome in outcomes:
            if outcome.job is not None:
                ended += 1
            if outcome.complaint and outcome.job is not None:
                failed += 1
                bar.wipe()
                name = shown(outcome.job.source)
                print(f"anyzoom: {name}: {one_line(outcome.complaint)}", file=sys.stderr)
            bar.show(outcome.share, f"{ended}/{count}")
    finally:
        bar.wipe()
        close = getattr(outcomes, "close", None)
        if close is not None:
            close()
    print(f"{count - failed} of {count} pictures are enlarged, in {folder}.")
    return 1 if failed else 0
