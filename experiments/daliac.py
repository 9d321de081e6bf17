"""The paper's Table 3 on DaLiAc.

    python -m experiments.daliac --data-dir data/daliac --device cuda

Quantized test accuracy in the paper, by FLOPs: 95.9 / 97.1 / 97.2 / 97.0 / 96.1 %.
The paper gives neither window nor split; ours are windows of 1,024 samples and subjects 16 to 19 held out.
100 epochs in floating point and 15 more with quantization, from scratch; five models want a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import main, series_experiment

EXPERIMENT = series_experiment("daliac")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
