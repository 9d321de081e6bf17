"""Sound as networks see it: one definition in integers, in Python and in C."""

from prototypenas.sound.front_end import FrontEnd, WithFrontEnd
from prototypenas.sound.log_mel import LogMel

__all__ = ["FrontEnd", "LogMel", "WithFrontEnd"]
