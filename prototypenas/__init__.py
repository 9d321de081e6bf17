"""PrototypeNAS: zero-shot, multi-objective neural architecture search for microcontrollers.

    import prototypenas as pn

    run = pn.search("digits", target="stm32f746", trials=100)
    run.select(keep=(3, 5))
    models = run.train(epochs=10)
    models[0].deploy("c/")

Every name is imported when it is first used, so that importing the package takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prototypenas.app.comparing import Comparison as Comparison
    from prototypenas.app.comparing import compare as compare
    from prototypenas.app.deploying import deploy as deploy
    from prototypenas.app.given_space import Space as Space
    from prototypenas.app.measuring import Measured as Measured
    from prototypenas.app.measuring import measure as measure
    from prototypenas.app.model import TrainedModel as TrainedModel
    from prototypenas.app.proxyless import ProxylessRun as ProxylessRun
    from prototypenas.app.proxyless import search_proxyless as search_proxyless
    from prototypenas.app.proxyless_settings import ProxylessSettings as ProxylessSettings
    from prototypenas.app.run import Run as Run
    from prototypenas.app.run import open_run as open
    from prototypenas.app.run_settings import RunSettings as RunSettings
    from prototypenas.app.searching import explore as explore
    from prototypenas.app.searching import search as search
    from prototypenas.app.settings import (
        DataSettings as DataSettings,
    )
    from prototypenas.app.settings import (
        PartSettings as PartSettings,
    )
    from prototypenas.app.settings import (
        SearchSettings as SearchSettings,
    )
    from prototypenas.app.settings import (
        SelectionSettings as SelectionSettings,
    )
    from prototypenas.app.settings import (
        TargetSettings as TargetSettings,
    )
    from prototypenas.app.settings import (
        TrainingSettings as TrainingSettings,
    )
    from prototypenas.errors import (
        ConfigurationError as ConfigurationError,
    )
    from prototypenas.errors import (
        DatasetError as DatasetError,
    )
    from prototypenas.errors import (
        InvalidConfiguration as InvalidConfiguration,
    )
    from prototypenas.errors import (
        LoweringError as LoweringError,
    )
    from prototypenas.errors import (
        NothingFits as NothingFits,
    )
    from prototypenas.errors import (
        PluginError as PluginError,
    )
    from prototypenas.errors import (
        PrototypeNASError as PrototypeNASError,
    )
    from prototypenas.errors import (
        ProxyError as ProxyError,
    )
    from prototypenas.errors import (
        QuantizationError as QuantizationError,
    )
    from prototypenas.errors import (
        RunDirectoryError as RunDirectoryError,
    )
    from prototypenas.errors import (
        ToolchainError as ToolchainError,
    )
    from prototypenas.errors import (
        TrainingError as TrainingError,
    )
    from prototypenas.exploration.exploration import Exploration as Exploration
    from prototypenas.exploration.space import SearchSpace as SearchSpace
    from prototypenas.objectives import Goals as Goals
    from prototypenas.objectives import Objective as Objective
    from prototypenas.protocols import OwnCost as OwnCost
    from prototypenas.protocols import Priced as Priced
    from prototypenas.selection import Selection as Selection
    from prototypenas.types import (
        Batch as Batch,
    )
    from prototypenas.types import (
        Budget as Budget,
    )
    from prototypenas.types import (
        Candidate as Candidate,
    )
    from prototypenas.types import (
        Configuration as Configuration,
    )
    from prototypenas.types import (
        Cost as Cost,
    )
    from prototypenas.types import (
        Evaluation as Evaluation,
    )
    from prototypenas.types import (
        Footprint as Footprint,
    )
    from prototypenas.types import (
        GroupConfiguration as GroupConfiguration,
    )
    from prototypenas.types import (
        InputShape as InputShape,
    )
    from prototypenas.types import (
        Invalid as Invalid,
    )
    from prototypenas.types import (
        Probe as Probe,
    )
    from prototypenas.types import (
        Rejected as Rejected,
    )
    from prototypenas.types import (
        Rejection as Rejection,
    )
    from prototypenas.types import (
        Scored as Scored,
    )
    from prototypenas.types import (
        Target as Target,
    )

_PLACES = {
    "Batch": "prototypenas.types",
    "Budget": "prototypenas.types",
    "Candidate": "prototypenas.types",
    "Comparison": "prototypenas.app.comparing",
    "Configuration": "prototypenas.types",
    "ConfigurationError": "prototypenas.errors",
    "Cost": "prototypenas.types",
    "DataSettings": "prototypenas.app.settings",
    "DatasetError": "prototypenas.errors",
    "Evaluation": "prototypenas.types",
    "Exploration": "prototypenas.exploration.exploration",
    "Footprint": "prototypenas.types",
    "GroupConfiguration": "prototypenas.types",
    "InputShape": "prototypenas.types",
    "Invalid": "prototypenas.types",
    "InvalidConfiguration": "prototypenas.errors",
    "LoweringError": "prototypenas.errors",
    "Measured": "prototypenas.app.measuring",
    "NothingFits": "prototypenas.errors",
    "PartSettings": "prototypenas.app.settings",
    "PluginError": "prototypenas.errors",
    "Probe": "prototypenas.types",
    "PrototypeNASError": "prototypenas.errors",
    "ProxyError": "prototypenas.errors",
    "ProxylessRun": "prototypenas.app.proxyless",
    "ProxylessSettings": "prototypenas.app.proxyless_settings",
    "QuantizationError": "prototypenas.errors",
    "Rejected": "prototypenas.types",
    "Rejection": "prototypenas.types",
    "Run": "prototypenas.app.run",
    "RunDirectoryError": "prototypenas.errors",
    "RunSettings": "prototypenas.app.run_settings",
    "Scored": "prototypenas.types",
    "SearchSettings": "prototypenas.app.settings",
    "SearchSpace": "prototypenas.exploration.space",
    "Selection": "prototypenas.selection",
    "Space": "prototypenas.app.given_space",
    "Goals": "prototypenas.objectives",
    "Objective": "prototypenas.objectives",
    "OwnCost": "prototypenas.protocols",
    "Priced": "prototypenas.protocols",
    "SelectionSettings": "prototypenas.app.settings",
    "Target": "prototypenas.types",
    "TargetSettings": "prototypenas.app.settings",
    "ToolchainError": "prototypenas.errors",
    "TrainedModel": "prototypenas.app.model",
    "TrainingError": "prototypenas.errors",
    "TrainingSettings": "prototypenas.app.settings",
    "compare": "prototypenas.app.comparing",
    "deploy": "prototypenas.app.deploying",
    "explore": "prototypenas.app.searching",
    "measure": "prototypenas.app.measuring",
    "open": "prototypenas.app.run",
    "search": "prototypenas.app.searching",
    "search_proxyless": "prototypenas.app.proxyless",
}
"""Where each public name is."""

_RENAMED = {"open": "open_run"}

__all__ = [
    "Batch",
    "Budget",
    "Candidate",
    "Comparison",
    "Configuration",
    "ConfigurationError",
    "Cost",
    "DataSettings",
    "DatasetError",
    "Evaluation",
    "Exploration",
    "Footprint",
    "Goals",
    "GroupConfiguration",
    "InputShape",
    "Invalid",
    "InvalidConfiguration",
    "LoweringError",
    "Measured",
    "NothingFits",
    "Objective",
    "OwnCost",
    "PartSettings",
    "PluginError",
    "Priced",
    "Probe",
    "PrototypeNASError",
    "ProxyError",
    "ProxylessRun",
    "ProxylessSettings",
    "QuantizationError",
    "Rejected",
    "Rejection",
    "Run",
    "RunDirectoryError",
    "RunSettings",
    "Scored",
    "SearchSettings",
    "SearchSpace",
    "Selection",
    "SelectionSettings",
    "Space",
    "Target",
    "TargetSettings",
    "ToolchainError",
    "TrainedModel",
    "TrainingError",
    "TrainingSettings",
    "compare",
    "deploy",
    "explore",
    "measure",
    "open",
    "search",
    "search_proxyless",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_PLACES[name]), _RENAMED.get(name, name))
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
