"""The four networks of the MLPerf Tiny benchmark (Banbury et al. 2021), layer by layer as its reference models.

Windows are padded as TensorFlow pads them: where a stride leaves an odd number of pixels over, the last side gets one
more, so that weights of the reference models give the same results here.
"""

from torch import Tensor, nn

from search_spaces.convolution import BatchNormalisation2d, Convolution2d
from search_spaces.published import PublishedNetwork

_EPSILON = 1e-3
"""TensorFlow's default."""


def ds_cnn(num_classes: int = 12) -> nn.Module:
    """Build the keyword spotter over spectra `(1, 49, 10)`: a convolution of 10x4 and four separable ones."""
    separable = [part for _ in range(4) for part in (_depthwise(64), _pointwise(64, 64))]
    stem = nn.Sequential(nn.ZeroPad2d((1, 1, 4, 5)), *_unit(Convolution2d(1, 64, (10, 4), 2)))
    return nn.Sequential(stem, *separable, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, num_classes))


def mobilenet_v1(num_classes: int = 2) -> nn.Module:
    """Build the detector of persons over images `(3, 96, 96)`: MobileNetV1 of a quarter of the width."""
    blocks: list[nn.Module] = [nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), *_unit(Convolution2d(3, 8, 3, 2)))]
    features = 8
    for channels, stride in (
        (16, 1),
        (32, 2),
        (32, 1),
        (64, 2),
        (64, 1),
        (128, 2),
        *[(128, 1)] * 5,
        (256, 2),
        (256, 1),
    ):
        blocks += [_depthwise(features, stride), _pointwise(features, channels)]
        features = channels
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, num_classes))


class Residual(nn.Module):
    """Two convolutions of 3x3 beside a shortcut, which is a strided convolution of its own where the map is halved."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        pad: list[nn.Module] = [nn.ZeroPad2d((0, 1, 0, 1))] if stride > 1 else []
        first = Convolution2d(in_channels, out_channels, 3, stride, 0 if stride > 1 else 1)
        second = Convolution2d(out_channels, out_channels, 3, padding=1)
        norm = BatchNormalisation2d(out_channels, eps=_EPSILON)
        self.convolutions = nn.Sequential(*pad, *_unit(first), second, norm)
        self.shortcut = Convolution2d(in_channels, out_channels, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the rectified sum."""
        total: Tensor = self.convolutions(inputs) + self.shortcut(inputs)
        return total.relu()


def resnet8(num_classes: int = 10) -> nn.Module:
    """Build the classifier of images `(3, 32, 32)`."""
    stem = _unit(Convolution2d(3, 16, 3, padding=1))
    blocks = (Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, num_classes))


def autoencoder(features: int = 640) -> nn.Module:
    """Build the detector of anomalies over five frames of 128 log-mel bands, `(640,)`; it gives its input again."""
    layers: list[nn.Module] = []
    width = features
    for hidden in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        layers += [nn.Linear(width, hidden), nn.BatchNorm1d(hidden, eps=_EPSILON), nn.ReLU()]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, features))


def _unit(convolution: Convolution2d) -> list[nn.Module]:
    return [convolution, BatchNormalisation2d(convolution.out_channels, eps=_EPSILON), nn.ReLU()]


def _depthwise(channels: int, stride: int = 1) -> nn.Sequential:
    pad: list[nn.Module] = [nn.ZeroPad2d((0, 1, 0, 1))] if stride > 1 else []
    padding = 0 if stride > 1 else 1
    return nn.Sequential(*pad, *_unit(Convolution2d(channels, channels, 3, stride, padding, groups=channels)))


def _pointwise(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(*_unit(Convolution2d(in_channels, out_channels, 1)))


_SOURCE = "Banbury et al. 2021, MLPerf Tiny Benchmark; reference models of https://github.com/mlcommons/tiny"

PUBLISHED = {
    "mlperf-ds-cnn": PublishedNetwork(ds_cnn, (1, 49, 10), _SOURCE, 2_656_768, 23_756, 12),
    "mlperf-mobilenet-v1": PublishedNetwork(mobilenet_v1, (3, 96, 96), _SOURCE, 7_489_664, 216_322, 2),
    "mlperf-resnet8": PublishedNetwork(resnet8, (3, 32, 32), _SOURCE, 12_501_632, 78_186, 10),
    "mlperf-autoencoder": PublishedNetwork(autoencoder, (640,), _SOURCE, 264_192, 267_928, 640),
}
"""The reference models count the statistics of normalisation as parameters too: 24,908, 221,794, 78,666 and 269,992."""
