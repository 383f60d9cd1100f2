"""AnySR's encoders: what the paper counts, and subnets that are networks of their own."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.adaption import ScaleAdaption
from models.anysr import AnySR, AnySRConfig
from models.attention import Gate
from models.axis import Axis
from models.encoders import WIDTHS, DenseBlock, EDSREncoder, RDNEncoder
from models.trunks import EDSR, ResidualBlock

PAPER = {"blocks": 16, "channels": 64}


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_encoders_have_the_papers_size() -> None:
    with torch.device("meta"):
        assert count(EDSREncoder(16, 64)) == 1_502_016
        assert count(EDSR(16, 64)) == 1_220_416, "without the gates: EDSR-baseline"
        assert count(RDNEncoder(16, 64, 8)) == 23_094_208
        assert count(Gate(64, 16)) == 17_600
        assert count(Gate(128, 16)) == 70_016
        assert count(ScaleAdaption(64)) == 162_023


def test_a_whole_network_has_the_size_of_its_parts() -> None:
    with torch.device("meta"):
        assert count(AnySR(AnySRConfig(**PAPER, hidden=64))) == 1_523_331
        assert count(AnySR(AnySRConfig(**PAPER, hidden=256, upsampler="srno"))) == 2_296_899
        adapted = AnySRConfig(**PAPER, hidden=64, upsampler="arbsr", adapt=4)
        assert count(AnySR(adapted)) == 1_502_016 + 8_966 + 1_731 + 4 * 162_023


@pytest.mark.parametrize(
    ("width", "macs"), [(1.0, 1_218_240), (0.7, 849_600), (0.9, 1_089_216), (0.5, 628_416)]
)
def test_subnets_of_edsr_cost_what_the_paper_says_for_each_lr_pixel(
    width: float, macs: int
) -> None:
    with torch.device("meta"), torch.no_grad():
        trunk = EDSREncoder(16, 64).prepare(torch.ones(2), width)
    # All is at LR: each weight of a convolution is multiplied once for each LR pixel.
    assert sum(p.numel() for p in trunk.parameters() if p.ndim == 4) == macs


def test_a_narrow_rdn_leaves_two_layers_of_each_block_thinner() -> None:
    with torch.device("meta"):
        block = DenseBlock(64, 8)
        assert block.outputs(1.0) == [64] * 8
        assert block.outputs(0.7) == [64, 64, 64, 64, 44, 64, 44, 64]


def test_the_pair_of_scales_follows_every_complete_group_of_channels() -> None:
    gate, seen = Gate(8, 2), []
    pooled = torch.arange(1.0, 6.0)[None]  # five of eight channels
    with torch.no_grad():
        gate.fc1.weight.copy_(torch.eye(16))
        gate.fc1.bias.zero_()
        gate.fc2.weight.zero_()
        for place in range(9):
            gate.fc2.weight.zero_()
            gate.fc2.weight[0, place] = 1.0
            gate.fc2.bias.zero_()
            weight = gate(pooled, torch.tensor([2.5, 3.5]))[0, 0]
            seen.append(round(torch.logit(weight).item(), 3))
    assert seen == [1.0, 2.0, 2.5, 3.5, 3.0, 4.0, 2.5, 3.5, 5.0]


def dense_copy(network: AnySR, width: float) -> nn.Module:
    """Cut one EDSR subnet out of the weights, gates left out (they are one)."""
    g = int(width * 8)
    dense = EDSR(2, 8, g)
    with torch.no_grad():
        for name in ("head", "tail"):
            getattr(dense, name).load_state_dict(getattr(network.encoder, name).state_dict())
        for ours, block in zip(dense.blocks, network.encoder.blocks, strict=True):
            ours.conv1.weight.copy_(block.conv1.weight[:g])
            ours.conv1.bias.copy_(block.conv1.bias[:g])
            ours.conv2.weight.copy_(block.conv2.weight[:, :g])
            ours.conv2.bias.copy_(block.conv2.bias)
    return dense


def open_gates(network: AnySR) -> None:
    with torch.no_grad():
        for block in network.encoder.blocks:
            block.gate.fc2.weight.zero_()
            block.gate.fc2.bias.fill_(30.0)  # sigmoid is one


@torch.no_grad()
@pytest.mark.parametrize("width", WIDTHS)
def test_an_edsr_subnet_is_a_dense_network_of_its_first_channels(width: float) -> None:
    torch.manual_seed(0)
    network = AnySR(AnySRConfig(blocks=2, channels=8)).eval()
    open_gates(network)
    x = torch.rand(1, 3, 9, 7)
    subnet = network.encoder(x, torch.tensor([2.0, 2.0]), width)
    torch.testing.assert_close(dense_copy(network, width)(x), subnet, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("width", WIDTHS)
def test_an_rdn_subnet_is_the_full_one_with_channels_silenced(width: float) -> None:
    """Slices keep their channels: cutting is the same as setting what was cut to zero."""
    torch.manual_seed(0)
    channels, layers, g = 8, 8, int(width * 8)
    network = AnySR(AnySRConfig(2, channels, encoder="rdn", layers=layers)).eval()
    open_gates(network)
    x, scale = torch.rand(1, 3, 9, 7), torch.tensor([2.0, 3.0])
    subnet = network.encoder(x, scale, width)
    for block in network.encoder.blocks:
        for layer in (layers - 4, layers - 2):
            block.layers[layer].weight[g:] = 0.0
            block.layers[layer].bias[g:] = 0.0
    torch.testing.assert_close(network.encoder(x, scale, 1.0), subnet, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_rdns_gate_weighs_the_last_two_layers() -> None:
    block = DenseBlock(8, 8)
    total, g = 8 * 7 + 2 * 4, 4
    at_half = block.attention(torch.full((1, 2 * g), 0.5), total)[0]
    assert at_half.tolist() == [1.0] * (total - 8) + [0.5] * 8, "2 g is one layer's channels"
    marks = torch.arange(10.0, 26.0)[None]
    at_full = block.attention(marks, 72)[0, -16:]
    assert at_full.tolist() == [*marks[0, 8:].tolist(), *marks[0, :8].tolist()]


@torch.no_grad()
def test_the_gates_statistics_are_the_pictures_in_training_and_the_past_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.attention.MOMENTUM", 1.0)  # the past is the last picture
    axis, x = Axis.whole(8, 16), torch.rand(1, 3, 8, 8)
    for encoder in ("edsr", "rdn"):
        network = AnySR(AnySRConfig(2, 8, encoder=encoder))
        for width in WIDTHS:
            trained = network.train()(x, axis, axis, width)
            torch.testing.assert_close(network.eval()(x, axis, axis, width), trained)


def plain_adaption(module: ScaleAdaption, x: Tensor, scale: Tensor) -> Tensor:
    """Run every expert and mix what they answer."""
    answers = [F.conv2d(x, expert, padding=1) for expert in module.experts.chunk(4)]
    mixed = sum(a * w for a, w in zip(answers, module.route(1 / scale), strict=True))
    return x + mixed * module.mask(x)


@torch.no_grad()
def test_feature_adaption_is_a_mixture_of_experts_where_its_mask_says() -> None:
    torch.manual_seed(0)
    module, x = ScaleAdaption(8).eval(), torch.rand(1, 8, 6, 10)
    scale = torch.tensor([1.5, 3.0])
    torch.testing.assert_close(module(x, scale), plain_adaption(module, x, scale))
    odd = x[:, :, :5, :9]
    assert module(odd, scale).shape == odd.shape


def test_zeros_that_fill_up_a_blocks_channels_change_nothing() -> None:
    block, x = ResidualBlock(12, 5), torch.randn(1, 12, 9, 7)
    with torch.no_grad():
        before = block(x)
        block.pad_inner()
        assert block.conv1.out_channels == block.conv2.in_channels == 8
        assert torch.allclose(block(x), before, atol=1e-6)
