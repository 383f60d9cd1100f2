"""What training makes small."""

from __future__ import annotations

from torch import Tensor

#: The weights of Y in R, G and B (BT.601, as the benchmarks measure it).
LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)
#: What a whole picture's squared error is at x2 (37 dB). A smooth patch of it may have far less:
#: there is nothing more to gain, and without this it would count for more than any other.
USUAL_ERROR = 2e-4


def loss_of(error: Tensor, kind: str) -> Tensor:
    """Return the loss of an error (N, H, W, 3): l1, l2 or psnr.

    `psnr` is what the benchmarks average: the logarithm of each picture's squared error on luma,
    so that smooth pictures and small scales, whose errors are small, count as much as others. A
    tenth of the error in RGB keeps the colours true.
    """
    if kind == "l1":
        return error.abs().mean()
    if kind == "l2":
        return error.square().mean()
    return _squared(error).add(USUAL_ERROR).log().mean()


def taught_loss(error: Tensor, teacher_error: Tensor, truth: float) -> Tensor:
    """Return the loss of the errors (N, H, W, 3) against HR and against what a teacher says.

    Its gradient is that of `psnr` towards a target that is HR to the share `truth`. What no
    network can know of HR is most of the error, and noise to the gradient; all that a teacher says
    can be learnt.
    """
    mixed = truth * error + (1 - truth) * teacher_error
    return (_squared(mixed) / _squared(error).add(USUAL_ERROR).detach()).mean()


def _squared(error: Tensor) -> Tensor:
    luma = error @ error.new_tensor(LUMA)
    return luma.square().mean((1, 2)) + 0.1 * error.square().mean((1, 2, 3))
