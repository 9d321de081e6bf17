"""Conformance kit for plug-in authors: one check a kind of plug-in."""

from prototypenas.testing.baseline import ConformanceError, check_baseline
from prototypenas.testing.evaluator import check_evaluator
from prototypenas.testing.proxy import ProxyVerdict, check_proxy
from prototypenas.testing.sampler import SamplerVerdict, check_sampler
from prototypenas.testing.sampling import random_configuration

__all__ = [
    "ConformanceError",
    "ProxyVerdict",
    "SamplerVerdict",
    "check_baseline",
    "check_evaluator",
    "check_proxy",
    "check_sampler",
    "random_configuration",
]
