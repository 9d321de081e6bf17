"""Composition root: the only room, beside the command line, that imports search_spaces, proxies and evaluators."""

from prototypenas.app.hidden_packages import refuse_hidden_packages

refuse_hidden_packages()
