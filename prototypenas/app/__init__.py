"""Composition root: the only room, beside the command line, that imports search_spaces, proxies and evaluators."""
