"""The paper's Table 3 on BitBrain Sleep.

    python -m experiments.bitbrain_sleep --data-dir data/bitbrain-sleep --device cuda

Quantized test accuracy in the paper, by FLOPs: 83.7 / 87.2 / 81.7 / 88.0 / 78.9 %.
The paper names neither recording, channels nor split; ours are the headband's two EEG channels, 30-second epochs,
people held out. Always saying N2 gives 60 %.
100 epochs in floating point and 15 more with quantization, from scratch; five models want a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import main, series_experiment

EXPERIMENT = series_experiment("bitbrain-sleep")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
