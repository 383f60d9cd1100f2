"""A window that cannot be opened is told in a sentence, before Qt would abort."""

import ctypes
import socket
import sys

import pytest

from viewer.commands import display
from viewer.core.errors import ViewerError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A display server that listens as :7, and as Wayland's wayland-7."""
    monkeypatch.setattr(display, "X11_SOCKETS", tmp_path)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: None)
    sockets = []
    for name in ("X7", "wayland-7"):
        sockets.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sockets[-1].bind(str(tmp_path / name))
        sockets[-1].listen()
    yield tmp_path
    for each in sockets:
        each.close()


@pytest.mark.parametrize("name", [":7", ":7.0", "unix:7"])
def test_a_display_that_answers_will_do(server, name):
    display.check_display({"DISPLAY": name})


def test_a_wayland_compositor_that_answers_will_do(server):
    display.check_display({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(server)})
    display.check_display({"WAYLAND_DISPLAY": str(server / "wayland-7")})


def test_a_compositor_that_is_gone_leaves_x11(server):
    display.check_display({"WAYLAND_DISPLAY": str(server / "wayland-8"), "DISPLAY": ":7"})


def test_without_any_display_the_user_is_told_what_to_set():
    with pytest.raises(ViewerError, match=r"There is no display .*: set DISPLAY\."):
        display.check_display({})


def test_a_display_that_does_not_answer_is_named(server):
    with pytest.raises(ViewerError, match="Display :8 does not answer"):
        display.check_display({"DISPLAY": ":8"})


def test_a_display_on_another_machine_is_left_to_qt(server):
    display.check_display({"DISPLAY": "elsewhere:10.0"})


@pytest.fixture
def lack(monkeypatch):
    """Let libraries be missing."""

    def lack_them(*names):
        def load(name):
            if name in names:
                raise OSError(f"{name}: cannot open shared object file")

        monkeypatch.setattr(ctypes, "CDLL", load)

    return lack_them


def test_missing_libraries_are_named_with_the_commands_that_install_them(server, lack):
    lack("libxcb-keysyms.so.1", "libxcb-cursor.so.0")
    with pytest.raises(ViewerError) as refused:
        display.check_display({"DISPLAY": ":7"})
    assert str(refused.value) == (
        "Qt needs libraries that this system lacks: libxcb-cursor.so.0, libxcb-keysyms.so.1. "
        "Install them (Debian and Ubuntu: apt install libxcb-cursor0 libxcb-keysyms1; "
        "Fedora: dnf install 'libxcb-cursor.so.0()(64bit)' 'libxcb-keysyms.so.1()(64bit)')."
    )


def test_all_that_a_bare_system_lacks_is_named_at_once(server, lack):
    lack("libEGL.so.1", "libxcb-icccm.so.4")
    with pytest.raises(ViewerError, match="apt install libegl1 libxcb-icccm4;"):
        display.check_display({"DISPLAY": ":7"})


def test_a_compositor_needs_libraries_of_its_own(server, lack):
    wayland = {"WAYLAND_DISPLAY": str(server / "wayland-7")}
    lack("libxcb-cursor.so.0")
    display.check_display(wayland)
    lack("libwayland-client.so.0")
    with pytest.raises(ViewerError, match="apt install libwayland-client0;"):
        display.check_display(wayland)


def test_some_libraries_are_needed_without_any_display(lack):
    display.check_libraries()
    lack("libEGL.so.1")
    with pytest.raises(ViewerError, match="apt install libegl1;"):
        display.check_libraries()


@pytest.mark.parametrize("chosen", ["xcb", "xcb;wayland", "wayland;xcb", "xcb:x=y"])
def test_whoever_chooses_x11_is_told_of_a_missing_display_too(chosen):
    environment = {"QT_QPA_PLATFORM": chosen}
    assert display.needs_display(environment)
    with pytest.raises(ViewerError, match="set DISPLAY"):
        display.check_display(environment)


@pytest.mark.parametrize("chosen", ["wayland", "wayland-egl"])
def test_whoever_chooses_wayland_alone_needs_it(server, chosen):
    environment = {"QT_QPA_PLATFORM": chosen, "DISPLAY": ":7"}
    with pytest.raises(ViewerError, match="no Wayland"):
        display.check_display(environment)
    display.check_display({**environment, "WAYLAND_DISPLAY": str(server / "wayland-7")})


def test_whoever_chooses_x11_alone_needs_it(server):
    wayland = {"WAYLAND_DISPLAY": str(server / "wayland-7"), "QT_QPA_PLATFORM": "xcb"}
    with pytest.raises(ViewerError, match="set DISPLAY"):
        display.check_display(wayland)


@pytest.mark.parametrize("chosen", ["offscreen", "minimal:x", "vnc", "eglfs"])
def test_whatever_else_is_chosen_is_left_to_qt(chosen):
    assert not display.needs_display({"QT_QPA_PLATFORM": chosen})


@pytest.mark.parametrize("chosen", ["offscreen", "minimal:fontengine=freetype", "nonsense;vnc"])
def test_whatever_platform_qt_knows_may_be_chosen(chosen):
    display.check_platform({"QT_QPA_PLATFORM": chosen})


def test_a_platform_that_qt_does_not_know_is_refused_with_those_that_it_knows():
    with pytest.raises(ViewerError, match=r"named nonsense: .*one of these: .*offscreen"):
        display.check_platform({"QT_QPA_PLATFORM": "nonsense"})


@pytest.mark.parametrize("place", ["QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"])
def test_a_platform_that_may_lie_elsewhere_is_left_to_qt(place):
    display.check_platform({"QT_QPA_PLATFORM": "nonsense", place: "/opt/plugins"})
