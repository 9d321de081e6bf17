"""PrototypeNAS: zero-shot, multi-objective neural architecture search for microcontrollers."""
