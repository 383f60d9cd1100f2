"""The decoding process: it can do no harm, dies without being missed, and costs little."""

from __future__ import annotations

import errno
import mmap
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from fakes import noise
from PIL import Image
from PySide6.QtGui import QColorSpace

from viewer.core import answer, colour, decoding, lasting, process
from viewer.core import decoder as client
from viewer.core.decoder import Decoder
from viewer.core.errors import Cancelled, OpenError, TileError
from viewer.core.picture import Wish
from viewer.core.pieces import Plate
from viewer.core.remote import Remote
from viewer.core.shapes import Cells, Size
from viewer.core.source import open_picture

LINUX = sys.platform.startswith("linux")
REAL = "real(path, file, wish, room, album)"
pytestmark = pytest.mark.skipif(not client.SEPARATE, reason="pictures are opened in this process")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise(320, 200)).save(path, exif=exif, icc_profile=b"nonsense")
    return path


def with_prologue(code: str) -> str:
    """Return the process's code with something done just before it begins."""
    return process.CODE.replace("decoding.main", f"{code}\ndecoding.main")


@pytest.fixture
def broken():
    """Make decoders that do something else with their pictures."""
    made: list[Decoder] = []

    def make(body: str) -> Decoder:
        replaced = (
            "from viewer.core import pillow\n"
            f"def decode(path, file, wish, room, album):\n    {body}\n"
            "real, pillow.decode = pillow.decode, decode"
        )
        made.append(Decoder(code=with_prologue(replaced)))
        return made[-1]

    yield make
    for decoder in made:
        decoder.close()


@pytest.mark.parametrize("body", ["os._exit(3)", "raise OSError(5, 'it cannot be read')"])
def test_closing_at_any_moment_of_opening_leaves_no_process(broken, photo, monkeypatch, body):
    """While one starts, or just when a picture was opened or refused: here, ahead of the end."""
    decoder, made = broken(f"import os; {body}"), []

    class Closing(process.Process):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)
            made.append(self)
            if len(made) == 2:
                decoder.close()

        def answer(self):
            try:
                return super().answer()
            finally:
                if "exit" not in body:
                    decoder.close()

    monkeypatch.setattr(client, "Process", Closing)
    with pytest.raises((Cancelled, OpenError)):
        decoder.open(photo)
    assert made
    assert all(each._popen.returncode is not None for each in made)
    assert decoder.process_id is None


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_nobody_waits_for_the_last_words_of_a_decoder_that_is_not_wanted(photo, monkeypatch, end):
    """They can take a second, in which a window that was closed would not be gone."""
    monkeypatch.setattr(process.Process, "ended_by", lambda _: pytest.fail("waited for"))
    decoder = Decoder()
    decoder.start()
    with monkeypatch.context() as patch:
        patch.setattr(decoder, "_start", getattr(decoder, end))
        with pytest.raises(Cancelled):
            decoder.open(photo)
    decoder.close()
    assert decoder.process_id is None


@pytest.mark.skipif(not LINUX, reason="stopped by a signal")
def test_closing_does_not_wait_for_a_process_that_takes_its_time_to_die(monkeypatch):
    waited = threading.Event()

    def slowly(popen: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is not None:
            raise subprocess.TimeoutExpired(popen.args, timeout)
        status = wait(popen)
        waited.set()
        return status

    wait = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", slowly)
    with Decoder() as decoder:
        number = decoder.process_id
    assert waited.wait(20)
    assert not psutil.pid_exists(number)


def test_a_picture_arrives_as_if_it_had_been_opened_here(decoder, photo, tmp_path):
    rgba = tmp_path / "a.png"
    Image.fromarray(noise(31, 17, 4), "RGBA").save(rgba)
    for path, at_most in ((photo, None), (photo, (40, 30)), (rgba, None)):
        theirs, ours = decoder.open(path, Wish(at_most)), open_picture(path, at_most)
        for name in ours.__slots__:
            np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
        assert not theirs.pixels.flags.writeable


def test_an_error_is_the_same_sentence(decoder, tmp_path):
    path = tmp_path / "letter.png"
    path.write_text("This is a letter.")
    for wrong in (path, tmp_path, tmp_path / "none.png"):
        with pytest.raises(OpenError) as here:
            open_picture(wrong)
        with pytest.raises(OpenError) as there:
            decoder.open(wrong)
        assert str(here.value) == str(there.value)


def test_pixels_stay_when_the_process_and_the_file_are_gone(photo):
    with Decoder() as decoder:
        picture = decoder.open(photo)
    photo.unlink()
    assert picture.pixels.shape == (320, 200, 3)
    assert picture.pixels.std() > 10


@pytest.mark.skipif(not LINUX, reason="means of Linux")
def test_the_process_is_confined_as_far_as_the_system_can(decoder):
    means = decoder.confined_by
    assert {"no core dumps", "no new privileges"} <= set(means)
    status = Path(f"/proc/{decoder.process_id}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    if "seccomp" in means:
        assert "Seccomp:\t2" in status


@pytest.mark.skipif(not LINUX, reason="means of Linux")
@pytest.mark.parametrize(
    ("means", "attempt"),
    [
        ("landlock", "open('/etc/passwd')"),
        ("landlock", "open({here!r} + '/new', 'w')"),
        ("landlock", "os.mkdir({here!r} + '/new')"),
        ("landlock", "os.unlink({photo!r})"),
        ("landlock", "os.truncate({photo!r}, 0)"),
        ("landlock", "os.listdir({here!r})"),
        ("seccomp", "__import__('socket').socket()"),
        ("seccomp", "os.execv('/bin/true', ['true'])"),
        ("seccomp", "os.kill(os.getppid(), 9)"),
        ("seccomp", "os.fork()"),
        ("seccomp", "os.posix_spawn('/bin/true', ['true'], {{}})"),
        ("seccomp", "os.chmod({photo!r}, 0)"),
        ("seccomp", "os.fchmod(file.fileno(), 0)"),
        ("seccomp", "os.chown({photo!r}, os.getuid(), os.getgid())"),
        ("seccomp", "os.utime({photo!r}, (0, 0))"),
        ("seccomp", "os.setxattr({photo!r}, 'user.a', b'b')"),
        ("seccomp", "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)"),
        ("seccomp", "os.sched_setaffinity(os.getppid(), [0])"),
        ("seccomp", "__import__('resource').prlimit(os.getppid(), 0)"),
    ],
)
def test_a_hostile_picture_could_do_nothing(decoder, broken, photo, tmp_path, means, attempt):
    if means not in decoder.confined_by:
        pytest.skip(f"this system has no {means}")
    code = attempt.format(here=str(tmp_path), photo=str(photo))
    hostile = broken(f"try: {code}\n    except PermissionError: return {REAL}")
    assert hostile.open(photo).size == (200, 320)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.skipif(not LINUX, reason="means of Linux")
def test_what_decoders_need_is_left_to_them(broken, photo):
    """Threads, limits of their own, and to abort."""
    code = (
        "import threading as t, signal as s, resource as r; x = t.Thread(target=print); x.start();"
        " x.join(); r.setrlimit(r.RLIMIT_CPU, (99, 999)); s.signal(s.SIGUSR1, s.SIG_IGN);"
        " s.raise_signal(s.SIGUSR1); os.sched_setaffinity(0, os.sched_getaffinity(0));"
        f" return {REAL}"
    )
    assert broken(code).open(photo).size == (200, 320)


def test_the_file_cannot_be_written_to_by_the_process(broken, photo):
    before = photo.read_bytes()
    hostile = broken(f"os.write(file.fileno(), b'x'); return {REAL}")
    with pytest.raises(OpenError):
        hostile.open(photo)
    assert photo.read_bytes() == before


@pytest.mark.parametrize("death", ["os.abort()", "os._exit(3)"])
def test_a_picture_that_kills_its_decoder_costs_one_sentence(broken, photo, death):
    mortal = broken(f"return {death} if 'photo' in path.name else {REAL}")
    other = photo.with_name("other.jpg")
    other.write_bytes(photo.read_bytes())
    with pytest.raises(OpenError, match=r"^photo\.jpg is damaged .* get a new copy of it\.$"):
        mortal.open(photo)
    assert mortal.open(other).size == (200, 320)


@pytest.mark.skipif(not LINUX, reason="limits of Linux")
def test_a_decoder_that_loops_is_ended(broken, photo):
    looping = broken(
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 9))\n    while True: pass"
    )
    with pytest.raises(OpenError, match="takes too long"):
        looping.open(photo)


def test_a_decoder_that_waits_for_ever_is_ended(broken, photo, monkeypatch):
    sleeping = broken("__import__('time').sleep(99)")
    assert sleeping.confined_by is not None
    monkeypatch.setattr(decoding, "WALL_SECONDS", 0.2)
    with pytest.raises(OpenError, match="takes too long"):
        sleeping.open(photo)


@pytest.mark.skipif(not LINUX, reason="limits of Linux")
def test_a_decoder_that_balloons_is_held(broken, photo):
    greedy = broken("room.expect(10, 160); held = b'x' * (3 << 30)")
    with pytest.raises(OpenError, match="more memory than"):
        greedy.open(photo)
    with pytest.raises(OpenError, match="more memory than"):
        greedy.open(photo)  # by the same process, which lives


def test_a_process_that_died_meanwhile_is_replaced_without_a_word(photo):
    with Decoder() as decoder:
        decoder.open(photo)
        for _ in range(2):
            psutil.Process(decoder.process_id).kill()
            assert decoder.open(photo).size == (200, 320)


LAYOUT = {"shape": [2, 3], "pixels": [0, 18], "alpha": None, "icc_profile": None, "exif": None}
LAYOUT |= {"profile": None, "space": None}
FACTS = {"size": [3, 2], "reduced": False, "lossy": False, "pages": 1, "partial": False}
FACTS |= {"shrunk": 1, "frame_ms": 0, "facts": [["camera", "lens", "RF50mm"]]}
TRUTH = {"picture": FACTS, "layout": LAYOUT}


@pytest.mark.parametrize(
    "lie",
    [
        {"picture": {}, "layout": {}},
        {"layout": LAYOUT},
        {**TRUTH, "picture": {**FACTS, "size": [1, 1]}},
        {**TRUTH, "layout": {**LAYOUT, "shape": [9999, 9999]}},
        {**TRUTH, "layout": {**LAYOUT, "shape": [-2, -3]}},
        {**TRUTH, "layout": {**LAYOUT, "pixels": [0, 1 << 40]}},
        {**TRUTH, "layout": {**LAYOUT, "pixels": [-1, 18]}},
        {**TRUTH, "layout": {**LAYOUT, "alpha": [15, 6]}},
        {**TRUTH, "layout": {**LAYOUT, "exif": [0, "all"]}},
        {**TRUTH, "layout": 7},
        {**TRUTH, "picture": {**FACTS, "facts": {}}},
        {**TRUTH, "picture": {**FACTS, "facts": [["camera", "lens"]]}},
        {**TRUTH, "picture": {**FACTS, "facts": [["camera", "lens", 50]]}},
        {**TRUTH, "picture": {**FACTS, "size": [300, 200]}},
        {**TRUTH, "picture": {**FACTS, "size": [1 << 31, 1 << 31], "reduced": True}},
        {**TRUTH, "picture": {**FACTS, "pages": float("inf")}},
        {**TRUTH, "picture": {**FACTS, "pages": 1 << 31}},
        {**TRUTH, "picture": {**FACTS, "frame_ms": -1}},
        {**TRUTH, "picture": {**FACTS, "frame_ms": 1 << 40}},
    ],
)
def test_a_decoder_that_lies_is_not_believed(lie):
    with answer.memory() as memory:
        memory.truncate(18)
        assert answer.received(Path("a"), TRUTH, memory).size == (3, 2)
        with pytest.raises(answer.NONSENSE):
            answer.received(Path("a"), lie, memory)


def test_a_picture_larger_than_the_memory_is_not_believed():
    """Pages of it that nobody has written to would be made when they are read."""
    size = [200_000, 200_000]
    layout = {**LAYOUT, "shape": size, "pixels": [0, 3 * 200_000**2]}
    with answer.memory() as memory:
        memory.truncate(3 * 200_000**2)
        lie = {"picture": {**FACTS, "size": size}, "layout": layout}
        with pytest.raises(ValueError, match="memory"):
            answer.received(Path("a"), lie, memory, 8 << 30)


def test_what_it_tells_of_a_picture_is_shown_only_where_it_belongs():
    told = [
        ["camera", "lens", "a\nb\u202e" + 999 * "c"],
        ["camera", "folder", "/"],
        ["x", "lens", ""],
    ]
    told += 99 * [["camera", "artist", "again"]]
    with answer.memory() as memory:
        memory.truncate(18)
        facts = answer.received(
            Path("a"), {**TRUTH, "picture": {**FACTS, "facts": told}}, memory
        ).facts
    assert len(facts) < 20
    assert {(fact.group, fact.name) for fact in facts} == {("camera", "lens"), ("camera", "artist")}
    assert all(fact.value.isprintable() and len(fact.value) <= 500 for fact in facts)


#: Shows what a picture tells, converts its colours and saves it, where nothing may be parsed.
SHOWN_AND_SAVED = """
import sys
from pathlib import Path
import PIL.Image, PIL.ImageCms
from viewer.core import colour
from viewer.core.decoder import Decoder
from viewer.core.export import save_picture
from viewer.core.facts import facts_of
from viewer.core.picture import Wish
from viewer.core.stamp import stamp_of

def no(*given):
    raise SystemExit("parsed here")

def trusted(profile, given, make=PIL.ImageCms.ImageCmsProfile.__init__):
    if hasattr(given, "getvalue") and len(given.getvalue()) == HOSTILE:
        no()
    make(profile, given)

HOSTILE = int(sys.argv[1])
path, *targets = map(Path, sys.argv[2:])
with Decoder() as decoder:
    PIL.Image.Exif.load = PIL.Image.open = PIL.ImageCms.getProfileDescription = no
    PIL.ImageCms.ImageCmsProfile.__init__ = trusted
    opened = decoder.open(path, Wish(keep_space=True))
    print(facts_of(opened, stamp_of(path)))
    assert colour.convert(opened.pixels, opened.space, None) is not opened.pixels
    for target in targets:
        save_picture(target, opened.pixels, icc_profile=opened.icc_profile,
                     profile=opened.profile, space=opened.space, exif=opened.exif)
"""
FORMATS = (".jpg", ".png", ".webp", ".tif", ".avif")


def test_a_hostile_profile_and_exif_are_read_only_where_they_do_no_harm(decoder, tmp_path):
    """The viewer parses none of it to show it in the panel and on screen, and to save a copy."""
    exif = Image.Exif()
    exif[271], exif[274] = "Maker", 6
    profile = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile().data())
    path = tmp_path / "a.png"
    Image.fromarray(noise(9, 8)).save(path, exif=exif, icc_profile=profile)
    targets = [tmp_path / f"b{suffix}" for suffix in FORMATS]
    done = subprocess.run(
        [sys.executable, "-c", SHOWN_AND_SAVED, str(len(profile)), path, *targets],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert "Maker" in done.stdout
    assert "P3" in done.stdout
    for suffix in FORMATS:
        with Image.open(tmp_path / f"b{suffix}") as saved:
            assert saved.info["icc_profile"] == profile
            assert saved.getexif()[271] == "Maker"
            assert saved.getexif().get(274, 1) == 1


def test_a_profile_that_cannot_be_what_it_should_be_is_not_believed():
    p3 = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile().data())
    plain = colour.plain_profile(p3)
    assert plain is not None
    blind = plain.replace(
        plain[plain.index(b"XYZ \0", 128) :][8:20], bytes(12)
    )  # a primary is black
    for lie in (p3, plain[:-1], bytes(len(plain)), blind, b""):
        with answer.memory() as memory:
            memory.write(bytes(18) + lie)
            memory.flush()
            told = {**TRUTH, "layout": {**LAYOUT, "space": [18, len(lie)]}}
            with pytest.raises(ValueError, match="profile"):
                answer.received(Path("a"), told, memory)
    with answer.memory() as memory:
        memory.write(bytes(18) + plain[:40] + b"hostile!" + plain[48:])
        memory.flush()
        told = {**TRUTH, "layout": {**LAYOUT, "space": [18, len(plain)]}}
        assert answer.received(Path("a"), told, memory).space == plain


@pytest.mark.parametrize("error", [errno.ENOMEM, errno.EMFILE, errno.EAGAIN])
@pytest.mark.parametrize("where", ["memory", "process", "received"])
def test_what_the_system_lacks_is_no_fault_of_the_picture(photo, monkeypatch, error, where):
    def fail(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    with Decoder() as decoder:
        name = {"memory": "answer.memory", "process": "Process", "received": "answer.received"}
        with monkeypatch.context() as patch:
            patch.setattr(f"viewer.core.decoder.{name[where]}", fail)
            if where == "process":
                decoder._end()
            with pytest.raises(OpenError, match=f"cannot be opened: {os.strerror(error)}"):
                decoder.open(photo)
        assert decoder.open(photo).size == (200, 320)


def test_too_little_memory_for_what_it_answers_is_told(photo, monkeypatch):
    with Decoder() as decoder:
        with monkeypatch.context() as patch:
            patch.setattr("viewer.core.decoder.answer.received", raises_memory_error)
            with pytest.raises(OpenError, match="not enough free memory"):
                decoder.open(photo)
        assert decoder.open(photo).size == (200, 320)


def raises_memory_error(*_: object) -> None:
    raise MemoryError


def assert_replaced(code: str, photo: Path) -> None:
    with Decoder(code=code) as decoder:
        decoder.confined_by  # noqa: B018 - it has started
        number = decoder.process_id
        with pytest.raises(OpenError, match="damaged"):
            decoder.open(photo)
        assert decoder.process_id != number


def test_a_decoder_that_talks_nonsense_is_replaced(photo):
    code = with_prologue("decoding._answer = lambda *_: {'refused': 7, 'shrink': None}")
    assert_replaced(code, photo)


@pytest.mark.parametrize(
    "message",
    ["b'[' * 900_000", """b'{"seconds": "x"}'""", "b'7'", "b'null'", """b'{"picture": 1e999}'"""],
)
def test_a_decoder_whose_answer_is_made_to_do_harm_is_replaced(photo, message):
    code = with_prologue(
        f"message = {message}; decoding._answer = lambda connection, *_:"
        " connection.sendall(decoding.LENGTH.pack(len(message)) + message)"
    )
    assert_replaced(code, photo)


def test_a_decoder_that_answers_drop_by_drop_is_not_waited_for(photo, monkeypatch):
    code = with_prologue(
        "import time; decoding._answer = lambda connection, *_:"
        " connection.sendall(decoding.LENGTH.pack(999))"
        " or [connection.sendall(b' ') or time.sleep(0.1) for _ in range(600)]"
    )
    with Decoder(code=code) as decoder:
        decoder.confined_by  # noqa: B018 - it has started
        monkeypatch.setattr(decoding, "WALL_SECONDS", 0.5)
        with pytest.raises(OpenError, match="takes too long"):
            decoder.open(photo)


@pytest.mark.skipif(not LINUX, reason="stopped by a signal")
def test_a_decoder_that_was_stopped_is_replaced_without_a_word(photo, monkeypatch):
    with Decoder() as decoder:
        decoder.open(photo)
        stopped = decoder.process_id
        psutil.Process(stopped).suspend()
        monkeypatch.setattr(process, "BEGIN_SECONDS", 0.3)
        with monkeypatch.context() as patch:
            patch.setattr(client, "Process", patient(monkeypatch))
            assert decoder.open(photo).size == (200, 320)
        assert not psutil.pid_exists(stopped)
        psutil.Process(decoder.process_id).suspend()
    assert decoder.process_id is None


def patient(monkeypatch: pytest.MonkeyPatch) -> type[process.Process]:
    """Return processes that are given their time to begin, on a machine that is very busy."""

    class Patient(process.Process):
        def heard(self, *given: object) -> bool:
            monkeypatch.setattr(process, "BEGIN_SECONDS", 10)
            return super().heard(*given)

    return Patient


def test_what_it_says_reaches_the_user_on_one_line(photo):
    code = with_prologue(
        "decoding._answer = lambda *_: {'refused': 'a\\nb' + 999 * 'c', 'shrink': 0}"
    )
    with Decoder(code=code) as decoder, pytest.raises(OpenError) as refused:
        decoder.open(photo)
    assert str(refused.value).startswith("a bc")
    assert len(str(refused.value)) <= 500


def test_memory_cannot_be_taken_away_once_it_is_received(photo, decoder):
    picture = decoder.open(photo)
    assert picture.pixels.base is not None
    if hasattr(os, "memfd_create"):
        with answer.memory() as memory:
            memory.truncate(10)
            assert answer.sealed(memory)
            with pytest.raises(PermissionError):
                memory.truncate(5)


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_opening_can_be_given_up_from_another_thread(broken, photo, end):
    sleeping = broken("__import__('time').sleep(99)")
    sleeping.confined_by  # noqa: B018 - it has started
    threading.Timer(0.2, getattr(sleeping, end)).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        sleeping.open(photo)
    assert time.monotonic() - start < 10
    assert (sleeping.process_id is None) == (end == "close")


def test_nothing_is_cancelled_before_its_time(photo):
    with Decoder() as decoder:
        decoder.open(photo)
        number = decoder.process_id
        decoder.cancel()
        decoder.open(photo)
        assert decoder.process_id == number


def test_no_process_and_no_file_is_left_behind(photo):
    own = psutil.Process()
    before = own.num_fds() if LINUX else 0
    with Decoder() as decoder:
        decoder.open(photo)
        number = decoder.process_id
    assert number is not None
    assert not psutil.pid_exists(number)
    assert not LINUX or own.num_fds() == before


def test_a_hundred_pictures_leave_no_file_open(decoder, photo, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    decoder.open(photo)
    own = psutil.Process()
    before = own.num_fds() if LINUX else 0
    for _ in range(50):
        decoder.open(photo)
        with pytest.raises(OpenError):
            decoder.open(bad)
    assert not LINUX or own.num_fds() <= before + 1  # the last picture is still held


def test_the_memory_of_a_large_picture_is_given_back_by_a_thread(decoder, tmp_path, monkeypatch):
    closed = queue.SimpleQueue()

    def close(mapping):
        mmap.mmap.close(mapping)
        closed.put(threading.current_thread().name)

    monkeypatch.setattr(lasting.Mapping, "close", close, raising=False)
    path = tmp_path / "large.png"
    Image.new("RGB", (2000, 1500)).save(path)
    picture = decoder.open(path)
    view = picture.pixels[10:20]
    del picture
    assert closed.empty()
    assert not view.any()
    del view
    assert closed.get(timeout=20) == "memory"


def test_a_damaged_picture_is_shown_in_part_if_that_is_wished(decoder, tmp_path):
    whole, cut = tmp_path / "whole.png", tmp_path / "cut.png"
    Image.fromarray(noise(90, 60)).save(whole)
    cut.write_bytes(whole.read_bytes()[:8000])
    picture = decoder.open(cut, Wish(partial=True))
    assert picture.partial
    assert (picture.pixels[:20] == open_picture(whole).pixels[:20]).all()
    with pytest.raises(OpenError, match="damaged or incomplete"):
        decoder.open(cut)
    assert not decoder.open(whole, Wish(partial=True)).partial


def test_of_a_file_without_any_pixels_nothing_is_shown(decoder, photo, tmp_path):
    cut = tmp_path / "cut.jpg"
    data = photo.read_bytes()
    cut.write_bytes(data[: data.index(b"\xff\xda") + 14])
    with pytest.raises(OpenError, match="damaged"):
        decoder.open(cut, Wish(partial=True))


@pytest.mark.parametrize(("suffix", "shrink"), [(".jpg", 2), (".jpg", 8), (".jp2", 4)])
def test_too_large_a_picture_can_be_opened_smaller(decoder, tmp_path, monkeypatch, suffix, shrink):
    path = tmp_path / f"large{suffix}"
    Image.fromarray(noise(803, 601)).save(path)
    free = 16 * 803 * 601 // shrink**2 + 9999
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=free))
    with pytest.raises(OpenError, match="803 x 601") as refused:
        decoder.open(path)
    assert refused.value.shrink == shrink
    picture = decoder.open(path, Wish(shrink=shrink))
    assert picture.size == (-(-803 // shrink), -(-601 // shrink))
    assert picture.pixels.shape == (picture.size[1], picture.size[0], 3)
    assert (picture.reduced, picture.shrunk) == (False, shrink)


def test_a_large_webp_has_its_memory_before_it_is_opened(tmp_path):
    """Pillow makes room for all its pixels at once."""
    path = tmp_path / "large.webp"
    Image.new("RGB", (2500, 2500)).save(path, lossless=True)
    with Decoder(code=with_prologue("decoding.SLACK_BYTES = 32 << 20")) as decoder:
        assert decoder.open(path).size == (2500, 2500)


def test_a_webp_that_claims_to_be_huge_is_refused_at_once(decoder, tmp_path):
    path = tmp_path / "lie.webp"
    Image.new("RGB", (90, 60)).save(path, icc_profile=bytes(200))
    data = path.read_bytes()
    path.write_bytes(data[:24] + 2 * (16_382).to_bytes(3, "little") + data[30:])
    with pytest.raises(OpenError, match="16383 x 16383 pixels"):
        decoder.open(path)


def test_what_cannot_be_reduced_is_not_offered_smaller(decoder, tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    Image.fromarray(noise(300, 200)).save(path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=999))
    with pytest.raises(OpenError, match="free") as refused:
        decoder.open(path)
    assert refused.value.shrink == 0


def test_the_pages_of_a_file_are_opened_by_number(decoder, tmp_path):
    for suffix in (".tif", ".gif", ".webp", ".png"):
        path = tmp_path / f"pages{suffix}"
        pages = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime", "blue")]
        settings = {"lossless": True} if suffix == ".webp" else {}
        pages[0].save(path, save_all=True, append_images=pages[1:], **settings)
        assert decoder.open(path).pages == 3
        np.testing.assert_array_equal(decoder.open(path, Wish(page=2)).pixels[0, 0], (0, 0, 255))
        with pytest.raises(OpenError):
            decoder.open(path, Wish(page=3))


def test_a_bundle_without_python_starts_it_by_a_word(photo, monkeypatch):
    """What a bundle's own program would do is done by this Python with the program's module."""
    whole = process.command

    def command(channel: int, niceness: int, code: str) -> list[str]:
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        given = whole(channel, niceness, code)
        monkeypatch.delattr(sys, "frozen")
        assert given[0] == sys.executable
        start = f"import sys; sys.path[:] = {sys.path}; from viewer.__main__ import main"
        return [given[0], "-c", f"{start}; main({given[1:]})"]

    monkeypatch.setattr(process, "command", command)
    with Decoder() as decoder:
        assert decoder.open(photo).size == (200, 320)


def test_in_a_bundle_the_process_may_read_the_bundle(monkeypatch, tmp_path):
    """Its modules lie beside the program, and in it; without them not one picture is opened."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "anyzoom"))
    assert decoding._readable() == [tmp_path]


# -- Kernels and containers that lack something ------------------------------------------------


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("size", [(40, 30), (1500, 1200)])
def test_without_nameless_memory_pictures_come_through_a_file(
    decoder, tmp_path, monkeypatch, size, error
):
    def fail(*_: object) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "memfd_create", fail, raising=False)
    path = tmp_path / "photo.png"
    Image.fromarray(noise(*size)).save(path)
    np.testing.assert_array_equal(decoder.open(path).pixels, noise(*size))


def test_what_may_still_shrink_is_copied(decoder, tmp_path, monkeypatch):
    """To read mapped memory behind its end would end the viewer."""
    path = tmp_path / "photo.png"
    Image.fromarray(noise(1500, 1200)).save(path)
    with tempfile.TemporaryFile() as file:
        monkeypatch.setattr(answer, "memory", lambda: os.fdopen(os.dup(file.fileno()), "r+b"))
        picture = decoder.open(path)
        file.truncate(0)
    np.testing.assert_array_equal(picture.pixels, noise(1500, 1200))


def test_memory_that_shrinks_while_it_is_copied_is_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(answer, "sealed", lambda _: False)
    with tempfile.TemporaryFile() as memory:
        memory.truncate(99)
        monkeypatch.setattr(lasting, "block", lambda size: memory.truncate(9) and bytearray(size))
        with pytest.raises(ValueError, match="shrunk"):
            answer._shared(memory)


def test_without_proc_pictures_are_opened(photo):
    without = (
        "real = os.open\n"
        "def fail(path, *rest):\n"
        "    if str(path).startswith('/proc'): raise FileNotFoundError(2, 'no', path)\n"
        "    return real(path, *rest)\n"
        "os.open = fail"
    )
    with Decoder(code=with_prologue(without)) as decoder:
        assert decoder.open(photo).size == (200, 320)


@pytest.mark.parametrize("how", ["it ends", "it cannot be begun"])
def test_a_process_that_does_not_start_is_not_laid_at_the_pictures_door(photo, monkeypatch, how):
    if how == "it cannot be begun":

        def fail(*_: object) -> None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.devnull)

        monkeypatch.setattr(client, "Process", fail)
    with Decoder(code="raise SystemExit(1)") as decoder:
        with pytest.raises(OpenError, match="does not start"):
            decoder.open(photo)
        assert decoder.process_id is None


# -- Pieces ------------------------------------------------------------------------------------


class FakeProcess:
    """Hands out pieces of zeros, unless it is broken; or cannot be started, for want of files."""

    broken = scarce = False

    def __init__(self) -> None:
        if FakeProcess.scarce:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def heard(self, words: dict[str, Any], files: Sequence[int]) -> bool:
        (_, box), (_, memory) = words["piece"], files
        os.truncate(memory, 3 * box.width * box.height)
        self.length = 3 * box.width * box.height
        return not self.broken

    def answer(self) -> dict[str, Any]:
        return {"piece": (0, self.length)}

    def end(self) -> None:
        pass


def test_pieces_are_read_again_once_there_is_room_for_a_process(photo, monkeypatch):
    monkeypatch.setattr(FakeProcess, "broken", False)
    with photo.open("rb") as file:
        read = Remote(photo, file, FakeProcess(), FakeProcess)  # type: ignore[arg-type]
        plate, box = Plate(0, -1, 1, Size(9, 9)), Cells(0, 0, 4, 3)
        assert read(plate, box).shape == (3, 4, 3)
        monkeypatch.setattr(FakeProcess, "broken", True)
        monkeypatch.setattr(FakeProcess, "scarce", True)
        for _ in range(2):
            with pytest.raises(TileError):
                read(plate, box)
        monkeypatch.undo()
        assert read(plate, box).shape == (3, 4, 3)
