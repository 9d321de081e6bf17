"""Conformance kit for plug-in authors: one check a kind of plug-in."""

from prototypenas.testing.baseline import ConformanceError, check_baseline
from prototypenas.testing.proxy import ProxyVerdict, check_proxy
from prototypenas.testing.sampling import random_configuration

__all__ = ["ConformanceError", "ProxyVerdict", "check_baseline", "check_proxy", "random_configuration"]
