"""The network as published (Alemi Koohbanani et al. 2020, figure 3 and table 1; kernels and dilations from the authors' code).

A U-Net of residual blocks with three multi-scale blocks, five poolings, 66.8 M parameters.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BATCHNORM_EPSILON = 1.001e-5


class Conv(nn.Sequential):
    """Convolution of the same size without bias, batch normalisation, and ReLU unless told otherwise; Glorot-uniform."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, dilation: int = 1, *, relu: bool = True) -> None:
        convolution = nn.Conv2d(
            inputs, outputs, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False
        )
        nn.init.xavier_uniform_(convolution.weight)
        layers: list[nn.Module] = [convolution, nn.BatchNorm2d(outputs, eps=BATCHNORM_EPSILON)]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Residual(nn.Module):
    """Two convolutions; the shortcut is the first one's output, and nothing but normalisation lies between them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = Conv(inputs, outputs, relu=False)
        self.second = Conv(outputs, outputs, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        return F.relu(first + self.second(first))


class MultiScale(nn.Module):
    """Four parallel convolutions of different reach, side by side in the channels."""

    def __init__(self, inputs: int, each: int, kernels: tuple[int, ...], dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(Conv(inputs, each, k, d) for k, d in zip(kernels, dilations, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Up(nn.Module):
    """A transposed convolution that doubles the size, the encoder's features beside it, then `blocks`."""

    def __init__(self, inputs: int, outputs: int, *blocks: nn.Module) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        nn.init.xavier_uniform_(self.up.weight)
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.blocks(torch.cat([self.up(x), skip], dim=1))


class PaperNetwork(nn.Module):
    """(B, 5, H, W) → mask logits (B, 1, H, W); H, W multiples of 32. RGB 0 … 1, inclusion map, exclusion map."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleList([
            nn.Sequential(Conv(5, 64, 7), Conv(64, 32, 5), Conv(32, 32)),
            nn.Sequential(Residual(32, 64), Residual(64, 64)),
            nn.Sequential(
                Residual(64, 128), MultiScale(128, 32, (3, 3, 5, 5), (1, 3, 3, 6)), Residual(128, 128)
            ),
            nn.Sequential(Residual(128, 256), Residual(256, 256), Residual(256, 256)),
            nn.Sequential(Residual(256, 512), Residual(512, 512), Residual(512, 512)),
        ])  # fmt: skip
        self.bottleneck = nn.Sequential(Residual(512, 1024), Residual(1024, 1024))
        self.decoder = nn.ModuleList([
            Up(1024, 512, Residual(1024, 512), Residual(512, 256)),
            Up(256, 256, Residual(512, 256), MultiScale(256, 64, (3, 3, 5, 5), (1, 3, 2, 3)), Residual(256, 256)),
            Up(256, 128, Residual(256, 128), Residual(128, 128)),
            Up(128, 64, Residual(128, 64), MultiScale(64, 16, (3, 3, 5, 7), (1, 3, 3, 6)), Residual(64, 64)),
            Up(64, 32, Conv(64, 64), Conv(64, 32), Conv(32, 32)),
        ])  # fmt: skip
        self.head = nn.Conv2d(32, 1, 1)
        nn.init.xavier_uniform_(self.head.weight)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottleneck(x)
        for up, skip in zip(self.decoder, reversed(skips), strict=True):
            x = up(x, skip)
        return self.head(x)
