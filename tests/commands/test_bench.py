"""`anyzoom bench` measures what it says, and refuses in a sentence what it cannot."""

from __future__ import annotations

import json
import sys

import pytest
from fakes import FakeLoad

from models import spec
from models.upscaler import Upscaler
from viewer.__main__ import main
from viewer.bench import browse, load, memory, start, tiny, ui, viewport
from viewer.bench.arithmetic import gflop, matmul_gflops
from viewer.core.budget import Limits
from viewer.core.presets import recipe
from viewer.core.shapes import Size

SMALL = ("--size", "200x120", "--device", "cpu", "--json")


@pytest.fixture(autouse=True)
def _small_products(monkeypatch):
    """The rate of a matrix product is compared with: nothing here depends on what it is."""
    monkeypatch.setattr("viewer.bench.arithmetic.MATMUL_SIZE", 256)


def figures(capsys, *words: str) -> dict:
    assert main(["bench", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_arithmetic_is_that_of_the_networks_layers():
    facts = spec.find("compact")
    channels, blocks, hidden = (facts.config[name] for name in ("channels", "blocks", "hidden"))
    inner = int(0.7 * channels)
    at_lr = 27 * channels + blocks * 18 * channels * inner + 9 * channels**2 + 4 * channels * hidden
    at_hr = hidden * hidden + 3 * hidden
    expected = 2 * (at_lr + 9 * at_hr) * 1e6 / 1e9
    counted = gflop(Upscaler(facts, "cpu", "float32"), 3.0, 0.7, 1e6)
    assert counted == pytest.approx(expected, rel=0.01)


def test_a_matrix_product_has_a_rate():
    assert matmul_gflops(Upscaler(spec.find("compact"), "cpu", "float32"), 1) > 0


def test_viewport_tells_cold_and_warm_seconds_and_efficiency(capsys, qapp):
    found = figures(capsys, "viewport", *SMALL)
    assert 0 < found["first_tile_seconds"] <= found["seconds"] < found["cold"]["seconds"]
    rate = found["gflop"] / found["seconds"] / found["matmul_gflops"]
    assert found["efficiency"] == pytest.approx(rate, rel=0.05, abs=0.001)
    assert found["subnet"] == 0.7


def test_subnets_tells_every_width(capsys, qapp):
    found = figures(capsys, "subnets", *SMALL)
    assert list(found["seconds"]) == list(found["ratio"]) == ["0.5", "0.7", "0.9", "1"]
    assert found["ratio"]["1"] == 1.0


def test_without_json_the_same_is_told_in_lines(capsys, monkeypatch):
    told = {"efficiency": 0.5, "size": [200, 120], "cold": {"seconds": 2.0}}
    monkeypatch.setattr(viewport, "measure", lambda *_: told)
    assert main(["bench", "viewport", *SMALL[:-1]]) == 0
    out = capsys.readouterr().out
    assert "efficiency: " in out
    assert "size: 200 x 120\n" in out
    assert "cold:\n  seconds: " in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("viewport", "--preset", "off"), "no network"),
        (("subnets", "--model", "nonsense"), "nonsense"),
    ],
)
def test_what_cannot_be_measured_is_told(capsys, qapp, words, sentence):
    assert main(["bench", *words]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("nonsense",), (), ("memory", "--images", "0"), ("viewport", "--scale", "1")]
)
def test_arguments_without_sense_are_refused(capsys, words):
    with pytest.raises(SystemExit) as left:
        main(["bench", *words])
    assert left.value.code == 2
    assert "bench" in capsys.readouterr().err


def test_load_is_not_measured_on_a_busy_machine(qapp, monkeypatch):
    monkeypatch.setattr(load, "PATIENCE_S", 0.1)
    monkeypatch.setattr(load, "CALM_S", 0.6)
    monkeypatch.setattr("viewer.monitor.Sensors.read", lambda _: FakeLoad(2.0)())
    with pytest.raises(load.BenchError, match="busy"):
        load.measure(recipe("balanced"), 3.5, Size(200, 120), "cpu", 1.0)


def test_the_record_of_a_load_tells_times_and_swings():
    full = Limits.none(2, 1)
    one, small = Limits(1, 1.0, 0.1, 1), Limits(1, 0.5, 0.1, 1)
    record = load.Record(full)
    record.asked = [(0.0, 1.0), (10.5, 1.0), (11.0, 0.5), (19.0, 0.5), (24.0, 1.0)]
    record.changes = [(10.4, one), (10.9, small), (23.5, one), (24.0, full)]
    assert record.first(10.0, full=False) == 1.0
    assert record.first(20.0, full=True) == 4.0
    assert record.swings(10.0, 20.0) == 0
    assert record.swings(0.0, 30.0) == 1


def test_memory_is_told_in_megabytes(qapp, qtbot):
    found = memory.measure(2, "off", 600, 400)
    assert 0 < found["end_mb"] <= found["peak_mb"]
    assert found["start_mb"] > 0
    assert found["images"] == 2


def test_start_tells_window_photo_and_sharpness_in_that_order(monkeypatch):
    monkeypatch.setattr(start, "REPEATS", 1)
    monkeypatch.setattr(start, "TORCH", "pass")
    small = "from viewer.bench import start; start.SIZE = (300, 200)\n"
    monkeypatch.setattr(start, "VIEWER", small + start.VIEWER)
    found = start.measure(200, 100)
    assert 0 < found["window_seconds"] <= found["photo_seconds"] <= found["sharp_seconds"]


def test_ui_compares_the_delays_with_and_without_a_network(qapp, monkeypatch):
    def pan(app, _seconds):
        app.canvas.motion.pan_by(1, 1)
        ui.wait(0.2)

    monkeypatch.setattr(ui, "exercise", pan)
    found = ui.measure("off", 0.2, 600, 400)
    assert found["ratio_p99"]["event_loop_ms"] > 0
    assert found["on"]["paint_ms"]["max"] >= found["on"]["paint_ms"]["p50"]


@pytest.mark.slow
def test_browse_tells_of_every_action_and_folder(monkeypatch, qapp):
    monkeypatch.setattr(browse, "MANY", 30)
    monkeypatch.setattr(browse, "STEPS", 2)
    found = browse.measure("off", 300, 200)
    assert found["next_ms"]["max"] > 0
    assert set(found["actions"]) == set(browse.ACTIONS)
    assert all(each["late_ms"] >= 0 for each in found["actions"].values())
    assert found["opening"]["folder_of_many_with_thumbnails"]["first_paint_ms"] > 0


def test_tiny_is_compared_at_each_scale(monkeypatch):
    pytest.importorskip("cv2")
    pytest.importorskip("onnx")
    monkeypatch.setattr(tiny, "REPEATS", 1)
    found = tiny.measure("cpu", 96, 72)["seconds_per_megapixel"]
    assert list(found) == ["x2", "x3", "x4"]
    assert all(each["tiny"] > 0 and each["fsrcnn"] > 0 for each in found.values())


def test_without_opencv_the_comparison_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert main(["bench", "tiny"]) == 1
    assert "pip install 'anyzoom[bench]'" in capsys.readouterr().err
