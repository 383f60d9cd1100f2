"""The geometry of an upscaling, against Pillow and against itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.axis import Axis

sizes = st.integers(1, 60)
outputs = st.integers(1, 300)


@pytest.mark.parametrize("n_out", [1, 20, 37, 38, 74, 88, 111, 300])
def test_bicubic_is_pillows_bicubic(n_out: int) -> None:
    line = np.random.default_rng(0).random((1, 37), dtype=np.float32)
    resized = Image.fromarray(line).resize((n_out, 1), Image.Resampling.BICUBIC)
    ours = Axis.whole(37, n_out).bicubic() @ line[0]
    np.testing.assert_allclose(ours, np.asarray(resized)[0], atol=1e-6)


def test_the_corners_of_a_doubled_line_lie_at_quarter_pixels() -> None:
    low, high, fraction = Axis.whole(3, 6).corners()
    assert low.tolist() == [0, 0, 0, 1, 1, 2]  # clamped at the borders
    assert high.tolist() == [0, 1, 1, 2, 2, 2]
    assert fraction.tolist() == [0.75, 0.25, 0.75, 0.25, 0.75, 0.25]


@given(n_in=sizes, n_out=outputs, halo=st.integers(0, 5), data=st.data())
def test_a_tile_interpolates_as_the_whole_does(
    n_in: int, n_out: int, halo: int, data: st.DataObject
) -> None:
    n_out = max(n_in, n_out)
    out0 = data.draw(st.integers(0, n_out - 1))
    out1 = data.draw(st.integers(out0 + 1, n_out))
    line = np.sin(np.arange(n_in, dtype=np.float32))
    whole, tile = Axis.whole(n_in, n_out), Axis.tile(n_in, n_out, out0, out1, halo)
    held = line[tile.in0 : tile.in1]
    np.testing.assert_allclose(
        tile.bicubic() @ held, (whole.bicubic() @ line)[out0:out1], atol=1e-6
    )
    for ours, theirs in zip(tile.corners()[:2], whole.corners()[:2], strict=True):
        np.testing.assert_array_equal(held[ours], line[theirs[out0:out1]])
    np.testing.assert_array_equal(tile.corners()[2], whole.corners()[2][out0:out1])


@given(n_in=sizes, n_out=outputs, halo=st.integers(0, 5))
def test_a_tile_holds_its_halo_and_no_more(n_in: int, n_out: int, halo: int) -> None:
    n_out = max(n_in, n_out)
    tile = Axis.tile(n_in, n_out, n_out // 2, n_out // 2 + 1, halo)
    low = ((2 * (n_out // 2) + 1) * n_in - n_out) // (2 * n_out)
    assert tile.in0 == max(0, low - max(halo, 1))
    assert tile.in1 == min(n_in, low + 1 + max(halo, 1) + 1)


@given(n_in=sizes, n_out=outputs, length=st.integers(1, 40), data=st.data())
def test_interpolating_in_blocks_is_interpolating(
    n_in: int, n_out: int, length: int, data: st.DataObject
) -> None:
    out0 = data.draw(st.integers(0, n_out - 1))
    out1 = data.draw(st.integers(out0 + 1, n_out))
    axis = Axis.tile(n_in, n_out, out0, out1, 2 * -(-n_in // n_out))
    line = np.sin(np.arange(axis.in0, axis.in1, dtype=np.float32))
    parts = [
        block.bicubic() @ line[block.in0 - axis.in0 : block.in1 - axis.in0]
        for block in axis.blocks(length)
    ]
    np.testing.assert_allclose(np.concatenate(parts), axis.bicubic() @ line, atol=1e-5)
