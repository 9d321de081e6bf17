"""What a network costs on a target: memory plan, kernels, footprint, latency."""
