"""One file per baseline architecture, and the pools they form."""
