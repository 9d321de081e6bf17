"""Every error PrototypeNAS raises on purpose.

PrototypeNASError
├── ConfigurationError        a value the user gave is not allowed (exit code 2)
│   └── InvalidConfiguration  a configuration that no network can be built from
├── ProxyError                a proxy cannot score this network
├── LoweringError             a module or function the graph has no operator for
├── QuantizationError         ranges or scales that integer arithmetic cannot hold
├── DatasetError              a data set that is missing, truncated or mislabelled (exit code 2)
├── TrainingError             a training run that diverged or cannot start
├── NothingFits               no candidate meets the budget (exit code 2)
├── RunDirectoryError         a run directory that is corrupt, foreign or cannot be written (exit code 2)
├── PluginError               a plug-in file or entry point that cannot be loaded (exit code 2)
├── ToolchainError            a compiler or emulator that is missing or failed
└── WorkerError               worker processes that cannot be started or keep dying (exit code 2)
"""


class PrototypeNASError(Exception):
    """Base of all errors raised on purpose."""


class ConfigurationError(PrototypeNASError):
    """A value given by the user is not allowed; the message names it and what is allowed."""


class InvalidConfiguration(ConfigurationError):
    """No network can be built from a configuration; the message names the group and the sizes."""


class ProxyError(PrototypeNASError):
    """A proxy cannot score a network; the message names the proxy and the reason."""


class LoweringError(PrototypeNASError):
    """A module or function has no operator in the graph; the message names it and its path."""


class QuantizationError(PrototypeNASError):
    """A range or scale cannot be held by the integer arithmetic; the message names the tensor."""


class DatasetError(PrototypeNASError):
    """A data set is missing, truncated or mislabelled; the message names the file and where to get it."""


class TrainingError(PrototypeNASError):
    """A training run diverged or cannot start."""


class NothingFits(PrototypeNASError):
    """No candidate meets the budget; the message names the closest one and the limits it broke."""


class RunDirectoryError(PrototypeNASError):
    """A run directory is corrupt, belongs to another run or cannot be written."""


class PluginError(PrototypeNASError):
    """A plug-in file or entry point cannot be loaded."""


class ToolchainError(PrototypeNASError):
    """A compiler or emulator is missing or failed; the message says which package brings it."""


class WorkerError(PrototypeNASError):
    """Worker processes cannot be started, keep dying, or met an error that nobody foresaw."""
