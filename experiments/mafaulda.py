"""The paper's Table 3 on MAFAULDA.

    python -m experiments.mafaulda --data-dir data/mafaulda --device cuda

Quantized test accuracy in the paper, by FLOPs: 96.8 / 98.3 / 97.4 / 97.8 / 98.5 %.
The paper gives neither window, split nor class count; ours are windows of 2,048 samples, recordings held out, six
states.
100 epochs in floating point and 15 more with quantization, from scratch; five models want a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import main, series_experiment

EXPERIMENT = series_experiment("mafaulda")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
