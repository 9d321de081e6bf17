"""What a user can set of ProxylessNAS's search."""

from dataclasses import dataclass
from typing import Annotated

import typer

from prototypenas.app.arguments import parse_amount
from prototypenas.app.limits import parse_limit
from prototypenas.app.settings import SEARCH
from prototypenas.errors import ConfigurationError
from prototypenas.objectives import COSTS


@dataclass(frozen=True)
class ProxylessSettings:
    """The network that is wanted, and how long it is searched for."""

    latency: Annotated[
        str | None, typer.Option(help="Estimated latency that is wanted: 50ms.", rich_help_panel=SEARCH)
    ] = None
    macs: Annotated[
        str | None,
        typer.Option(help="Or the multiply-accumulates, for a core without an estimate: 3M.", rich_help_panel=SEARCH),
    ] = None
    space: Annotated[
        str, typer.Option(help="Size of the network searched in: tiny, small, medium, large.", rich_help_panel=SEARCH)
    ] = "tiny"
    warmup_epochs: Annotated[
        int, typer.Option(min=0, max=100_000, help="Epochs that train the weights alone.", rich_help_panel=SEARCH)
    ] = 10
    joint_epochs: Annotated[
        int,
        typer.Option(
            min=2, max=100_000, help="Epochs that train weights and choices by turns.", rich_help_panel=SEARCH
        ),
    ] = 15
    cost_weight: Annotated[
        float,
        typer.Option(help="How much the cost counts beside the loss; see --calibrate.", rich_help_panel=SEARCH),
    ] = 0.1
    cost_form: Annotated[
        str, typer.Option(help="How it enters the loss: add#linear or mul#log.", rich_help_panel=SEARCH)
    ] = "add#linear"
    held_out: Annotated[
        float,
        typer.Option(help="Share of the training part that the choices are learnt on.", rich_help_panel=SEARCH),
    ] = 0.2
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Search up to three times, with the weight doubled or halved, until the cost is within 10 %.",
            rich_help_panel=SEARCH,
        ),
    ] = False

    @property
    def wanted(self) -> tuple[str, float]:
        """Name of the cost that is wanted at a value, and the value.

        Raises:
            ConfigurationError: unless exactly one of latency and MACs is given, as an amount.
        """
        if (self.latency is None) == (self.macs is None):
            raise ConfigurationError("give the cost that is wanted: either --latency 50ms or --macs 3M")
        if self.latency is not None:
            return "latency", parse_limit(COSTS["latency"], self.latency)
        return "macs", float(parse_amount("MACs", self.macs or ""))
