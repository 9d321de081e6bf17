"""Step 3: structured pruning and int8 quantization."""
