"""The successor network "P-N": a residual encoder-decoder with a full-resolution detail branch."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inference.methods.nuclick.guidance import INPUT_CHANNELS

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


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(_conv(inputs, outputs, stride=2), *(ResidualBlock(outputs) for _ in range(blocks)))


def _upsample(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class SuccessorNetwork(nn.Module):
    """(B, 7, H, W) float → logits (B, 3, H, W): mask, boundary, signed distance (before tanh); H, W multiples of 16.

    In training mode `forward` also returns mask logits at 1/2 and 1/4 for deep supervision. 3.3 M parameters.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 128, 192), detail: int = 16) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.detail = nn.Sequential(_conv(INPUT_CHANNELS, detail), _conv(detail, detail))
        self.s2 = _stage(INPUT_CHANNELS, w2, blocks=1)
        self.s4 = _stage(w2, w4, blocks=2)
        self.s8 = _stage(w4, w8, blocks=3)
        self.s16 = nn.Sequential(_stage(w8, w16, blocks=2), Context(w16))
        self.lateral = nn.ModuleList([nn.Conv2d(w16, w8, 1), nn.Conv2d(w8, w4, 1), nn.Conv2d(w4, w2, 1)])
        self.decode = nn.ModuleList([ResidualBlock(w8), ResidualBlock(w4), ResidualBlock(w2)])
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
