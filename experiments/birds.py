"""The paper's Table 2 on CUB-200-2011.

    python -m experiments.birds --data-dir data --download --device cuda

Quantized test accuracy in the paper, by FLOPs, with 50 epochs of ImageNet pre-training:
62.8 / 65.7 / 59.5 / 55.6 / 69.9 %.
Expect less here: we train from scratch unless `--pretrain FOLDER` names pictures by class to learn first. The search
(500 trials at 3x128x128) is shared by all image sets and takes minutes on a laptop; five trainings of 100 epochs want
a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import image_experiment, main

EXPERIMENT = image_experiment("birds")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
