"""Self-ensemble: the mean of what an upscaler makes of a picture in all eight turns."""

import numpy as np
import pytest
from fakes import FakeUpscaler, Onlooker, noise

from viewer.core import enlarge
from viewer.core.ensemble import TURNS, Mean, answer, whole
from viewer.core.errors import Cancelled
from viewer.core.turn import UPRIGHT

PIXELS = noise(9, 7)


def leaning(image, out_size, rows, cols, subnet):
    """Upscale well, but add to each pixel what depends on how the picture lies."""
    pixels = FakeUpscaler().region(image, out_size, rows, cols, subnet) // 2
    return pixels + (np.arange(*rows)[:, None, None] * 40 // out_size[0]).astype(np.uint8)


def test_the_eight_turns_differ():
    assert len(set(TURNS)) == 8
    assert len({turn.pixels(PIXELS).tobytes() for turn in TURNS}) == 8


@pytest.mark.parametrize("turn", TURNS)
def test_who_does_not_care_how_a_picture_lies_answers_the_same(turn):
    upscale = FakeUpscaler().region
    upright = answer(upscale, PIXELS, (21, 27), (4, 20), (0, 13), 1.0, UPRIGHT)
    assert (answer(upscale, PIXELS, (21, 27), (4, 20), (0, 13), 1.0, turn) == upright).all()


def test_what_depends_on_how_a_picture_lies_is_evened_out():
    made = enlarge.in_chunks(Region(leaning), PIXELS, (27, 21), 1.0, Onlooker(), tta=True)
    even = FakeUpscaler().region(PIXELS, (21, 27), (0, 21), (0, 27), 1.0) // 2 + 20.0
    assert np.abs(made - even).max() <= 1.5
    once = enlarge.in_chunks(Region(leaning), PIXELS, (27, 21), 1.0, Onlooker())
    assert np.abs(once - even).max() > 15


def test_chunks_equal_the_whole(monkeypatch):
    def upscale(image, size, subnet):
        return leaning(image, size, (0, size[0]), (0, size[1]), subnet)

    monkeypatch.setattr(enlarge, "CHUNK_LR_PX", 4)
    made = enlarge.in_chunks(Region(leaning), PIXELS, (27, 21), 1.0, Onlooker(), tta=True)
    assert (made == whole(upscale, PIXELS, (21, 27), 1.0, tta=True)).all()


def test_it_can_be_ended_between_two_turns():
    upscaler = FakeUpscaler()
    with pytest.raises(Cancelled):
        enlarge.in_chunks(upscaler, PIXELS, (27, 21), 1.0, Onlooker(chunks=3), tta=True)
    assert len(upscaler.calls) == 3


def test_a_mean_is_rounded_once():
    mean = Mean()
    for value in (255, 254, 254, 254):
        mean.add(np.full((1, 1, 3), value, np.uint8))
    assert (mean.taken() == 254).all()
    mean.add(np.full((2, 1, 3), 7, np.uint8))
    assert (mean.taken() == 7).all()


class Region(FakeUpscaler):
    """An upscaler of one function."""

    def __init__(self, region):
        super().__init__()
        self.region = region
