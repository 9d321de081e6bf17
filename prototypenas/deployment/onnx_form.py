"""What an ONNX model takes."""

from enum import Enum


class OnnxForm(Enum):
    """What an ONNX model takes; the network behind it is the same."""

    BATCH = "batch"
    """Any number of normalised samples, float `(N, C, H, W)` or `(N, C, T)`."""
    ONE = "one"
    """One normalised sample, float `(1, C, H, W)` or `(1, C, T)`: for tools that want every size fixed."""
    PIXELS = "pixels"
    """One picture as a camera stores it, uint8 `(1, H, W, C)` of the network's size; it is normalised inside."""
