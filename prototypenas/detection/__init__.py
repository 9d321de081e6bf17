"""What a detector's outputs mean: head and anchors, letterbox, and the integer decoding that the C does too."""
