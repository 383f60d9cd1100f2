"""`anyzoom eval`: which pictures are compared, at which scale, and what is reported."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from PIL import Image

from models import metrics
from viewer import __main__
from viewer.commands import evaluate
from viewer.commands.evaluate import Pair, find_pairs, infer_scale, measure
from viewer.core.errors import OpenError

RNG = np.random.default_rng(11)


def picture(width: int, height: int) -> Image.Image:
    """Return something with structure: noise, smoothed by enlarging."""
    small = RNG.integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def originals(tmp_path):
    (tmp_path / "HR").mkdir()
    for name, size in (("a", (61, 47)), ("b", (52, 64))):
        picture(*size).save(tmp_path / "HR" / f"{name}.png")
    return tmp_path


@pytest.fixture
def pairs(tmp_path):
    for folder in ("HR", "LR"):
        (tmp_path / folder).mkdir()
    for name, (width, height) in (("a", (20, 15)), ("b", (17, 21))):
        hr = picture(width * 3, height * 3)
        hr.save(tmp_path / "HR" / f"{name}.png")
        hr.resize((width, height), Image.Resampling.BICUBIC).save(tmp_path / "LR" / f"{name}.png")
    return tmp_path


@pytest.mark.parametrize("scale", [1.5, 2, 2.37, 3.7])
def test_lr_is_made_from_hr(originals, scale):
    path = originals / "HR" / "a.png"
    hr, lr = Pair(path, None).pixels(scale)
    assert lr.shape == (math.floor(47 / scale), math.floor(61 / scale), 3)
    assert hr.shape == (round(lr.shape[0] * scale), round(lr.shape[1] * scale), 3)
    with Image.open(path) as image:
        cropped = image.crop((0, 0, hr.shape[1], hr.shape[0]))
        expected = cropped.resize((lr.shape[1], lr.shape[0]), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(lr, np.asarray(expected))


@pytest.mark.parametrize(
    ("sizes", "scale"),
    [
        ([((300, 200), (150, 100))], 2.0),
        ([((301, 201), (150, 100))], 2.0),
        ([((260, 130), (100, 50)), ((265, 211), (102, 81))], 2.6),
        ([((237, 474), (100, 200))], 2.37),
        ([((300, 200), (150, 100)), ((300, 200), (100, 66))], None),
        ([((300, 200), (150, 50))], None),
    ],
)
def test_the_scale_is_inferred_from_all_sizes(sizes, scale):
    assert infer_scale(sizes) == scale


def test_pairs_are_matched_by_name(pairs):
    names = [(pair.hr.name, pair.lr.name) for pair in find_pairs(pairs) if pair.lr]
    assert names == [("a.png", "a.png"), ("b.png", "b.png")]


def test_hr_pictures_may_lie_in_the_folder_itself(originals):
    assert [pair.hr.name for pair in find_pairs(originals / "HR")] == ["a.png", "b.png"]
    assert [pair.lr for pair in find_pairs(originals)] == [None, None]


def test_bicubic_measured_as_a_network_equals_bicubic(pairs):
    result = measure(
        find_pairs(pairs), 3, lambda lr, size: evaluate.resized(lr, size[::-1]), "bicubic", 1.0
    )
    assert (result.psnr_y, result.ssim_y) == (result.bicubic_psnr_y, result.bicubic_ssim_y)
    assert result.images == 2


def test_the_figures_are_means_over_the_pictures_with_the_border_cropped(pairs):
    found = find_pairs(pairs)
    result = measure(found, 3, lambda lr, size: np.zeros((*size, 3), np.uint8), "black", 1.0)
    each = []
    for pair in found:
        hr, _ = pair.pixels(3)
        each.append(metrics.psnr_y(np.zeros_like(hr), hr, 3))
    assert result.psnr_y == pytest.approx(np.mean(each))


def test_json_has_the_promised_keys(pairs, capsys):
    words = ["eval", "--data", str(pairs), "--model", "compact", "--device", "cpu", "--json"]
    assert __main__.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        *("model", "scale", "subnet", "images", "psnr_y", "ssim_y"),
        *("bicubic_psnr_y", "bicubic_ssim_y", "seconds", "tta", "jpeg"),
    ]
    assert (told["model"], told["scale"], told["subnet"], told["images"]) == ("compact", 3, 0.9, 2)
    assert told["seconds"] > 0
    assert 10 < told["bicubic_psnr_y"] < told["psnr_y"] + 20


def test_the_table_names_the_network_and_bicubic(originals, capsys):
    words = ["eval", "--data", str(originals), "--scale", "2.6", "--subnet", "0.5"]
    assert __main__.main([*words, "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "2 pictures, x2.6, subnet 0.5" in out
    assert "compact" in out
    assert "bicubic" in out


def test_the_mean_of_all_turns_can_be_measured(pairs, capsys):
    words = ["eval", "--data", str(pairs), "--model", "compact", "--subnet", "1.0"]
    results = []
    for more in ([], ["--tta"]):
        assert __main__.main([*words, *more, "--device", "cpu", "--json"]) == 0
        results.append(json.loads(capsys.readouterr().out))
    once, mean = results
    assert (once["tta"], mean["tta"]) == (False, True)
    assert mean["psnr_y"] != once["psnr_y"]
    assert mean["bicubic_psnr_y"] == once["bicubic_psnr_y"]
    assert __main__.main([*words, "--tta", "--device", "cpu"]) == 0
    assert "mean of all turns" in capsys.readouterr().out


def test_what_jpeg_does_to_lr_can_be_measured(pairs, capsys):
    words = ["eval", "--data", str(pairs), "--model", "tiny", "--device", "cpu"]
    figures = []
    for quality in (10, 95):
        assert __main__.main([*words, "--jpeg", str(quality), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["jpeg"] == quality
        figures.append(told["bicubic_psnr_y"])
    assert figures[0] < figures[1]
    assert __main__.main([*words, "--jpeg", "75"]) == 0
    assert "2 pictures as JPEG of quality 75, x3" in capsys.readouterr().out


@pytest.mark.parametrize("quality", ["0", "101", "-1", "7.5", "good"])
def test_a_jpeg_has_a_quality_from_1_to_100(pairs, capsys, quality):
    with pytest.raises(SystemExit, match="2"):
        __main__.main(["eval", "--data", str(pairs), "--jpeg", quality])
    assert "from 1 to 100" in capsys.readouterr().err


def test_equal_pictures_are_valid_json(tmp_path, capsys):
    Image.new("RGB", (60, 60), (90, 90, 90)).save(tmp_path / "flat.png")
    assert __main__.main(["eval", "--data", str(tmp_path), "--scale", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told["bicubic_psnr_y"] is None


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(OpenError, match="no pictures"):
        find_pairs(tmp_path)


def test_a_picture_without_its_partner_is_named(pairs):
    (pairs / "LR" / "b.png").unlink()
    with pytest.raises(OpenError, match="'b'"):
        find_pairs(pairs)


def test_a_picture_too_small_to_measure_is_named(tmp_path):
    picture(16, 16).save(tmp_path / "tiny.png")
    with pytest.raises(OpenError, match=r"tiny\.png is too small"):
        Pair(tmp_path / "tiny.png", None).pixels(4)


@pytest.mark.parametrize(
    ("folder", "more", "message"),
    [
        ("originals", [], "say with --scale"),
        ("pairs", ["--scale", "2"], "do not fit a scale of 2"),
    ],
)
def test_a_scale_that_is_missing_or_wrong_is_refused(request, capsys, folder, more, message):
    data = request.getfixturevalue(folder)
    assert __main__.main(["eval", "--data", str(data), *more]) == 1
    assert message in capsys.readouterr().err


def test_pairs_of_several_scales_are_refused(pairs, capsys):
    picture(30, 20).save(pairs / "HR" / "b.png")
    assert __main__.main(["eval", "--data", str(pairs)]) == 1
    assert "do not agree" in capsys.readouterr().err
