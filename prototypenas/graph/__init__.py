"""The network as a graph of operators: traced from a module, folded, kept in a file."""
