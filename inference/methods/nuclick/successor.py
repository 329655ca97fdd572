"""The successors: a residual encoder-decoder with a full-resolution detail branch; "P-G" is the lighter one for glands."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OUTPUTS = ("mask", "boundary", "distance")
STRIDE_PX = 16
"""Input sides must be multiples of this."""


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.first(x)) + x)


class WideBlock(nn.Module):
    """An inverted residual block: two times the channels, a depthwise 5 × 5 convolution, and back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = 2 * channels
        self.block = nn.Sequential(
            nn.Conv2d(channels, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, inner, 5, padding=2, groups=inner, bias=False), nn.BatchNorm2d(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, channels, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.block(x) + x)


class Context(nn.Module):
    """A light atrous pyramid: what lies 1, 2 and 4 cells around, and the mean of the whole patch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=d, dilation=d, groups=channels, bias=False) for d in (1, 2, 4)
        )
        self.join = nn.Sequential(
            nn.Conv2d(4 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3), keepdim=True).expand_as(x)
        return self.join(torch.cat([*(branch(x) for branch in self.branches), mean], dim=1))


def _stage(inputs: int, outputs: int, blocks: int, block: Callable[[int], nn.Module] = ResidualBlock) -> nn.Sequential:
    return nn.Sequential(_conv(inputs, outputs, stride=2), *(block(outputs) for _ in range(blocks)))


def _upsample(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class SuccessorNetwork(nn.Module):
    """(B, inputs, H, W) float → logits (B, 3, H, W): mask, boundary, signed distance (before tanh); H, W multiples of 16.

    In training mode `forward` also returns mask logits at 1/2 and 1/4 for deep supervision. `fine` is the block of the
    two finest scales. 3.3 M parameters as it stands.
    """

    def __init__(
        self,
        inputs: int = 7,
        widths: tuple[int, int, int, int] = (32, 64, 128, 192),
        detail: int = 16,
        fine: Callable[[int], nn.Module] = ResidualBlock,
    ) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.detail = nn.Sequential(_conv(inputs, detail), _conv(detail, detail))
        self.s2 = _stage(inputs, w2, 1, fine)
        self.s4 = _stage(w2, w4, 2, fine)
        self.s8 = _stage(w4, w8, blocks=3)
        self.s16 = nn.Sequential(_stage(w8, w16, blocks=2), Context(w16))
        self.lateral = nn.ModuleList([nn.Conv2d(w16, w8, 1), nn.Conv2d(w8, w4, 1), nn.Conv2d(w4, w2, 1)])
        self.decode = nn.ModuleList([ResidualBlock(w8), fine(w4), fine(w2)])
        self.to_detail = nn.Conv2d(w2, detail, 1)
        self.join = _conv(2 * detail, detail)
        self.head = nn.Conv2d(detail, len(OUTPUTS), 1)
        self.deep = nn.ModuleList([nn.Conv2d(w2, 1, 1), nn.Conv2d(w4, 1, 1)])

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        detail = self.detail(x)  # (B, 16, H, W)
        s2 = self.s2(x)  # (B, 32, H/2, W/2)
        s4 = self.s4(s2)
        s8 = self.s8(s4)
        y = self.s16(s8)  # (B, 192, H/16, W/16)
        decoded = []
        for lateral, decode, skip in zip(self.lateral, self.decode, (s8, s4, s2), strict=True):
            y = decode(_upsample(lateral(y)) + skip)
            decoded.append(y)
        y = _upsample(self.to_detail(y))
        logits = self.head(self.join(torch.cat([y, detail], dim=1)))
        if not self.training:
            return logits
        return logits, [self.deep[0](decoded[2]), self.deep[1](decoded[1])]
