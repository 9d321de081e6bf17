"""The paper's Table 2 on Stanford Cars.

    python -m experiments.cars --data-dir data --device cuda

Quantized test accuracy in the paper, by FLOPs, with 50 epochs of ImageNet pre-training:
64.8 / 64.1 / 59.8 / 55.2 / 76.4 %.
Expect less here: we train from scratch unless `--pretrain FOLDER` names pictures by class to learn first. The search
(500 trials at 3x128x128) is shared by all image sets and takes minutes on a laptop; five trainings of 100 epochs want
a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import image_experiment, main

EXPERIMENT = image_experiment("cars")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
