"""The commands, one file each; nothing imports this room but the program's entrance."""
