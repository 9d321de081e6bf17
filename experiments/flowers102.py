"""The paper's Table 2 on Oxford Flowers-102.

    python -m experiments.flowers102 --data-dir data --download --device cuda

Quantized test accuracy in the paper, by FLOPs, with 50 epochs of ImageNet pre-training:
88.9 / 91.6 / 82.9 / 86.3 / 93.3 %.
Expect less here: we train from scratch unless `--pretrain FOLDER` names pictures by class to learn first. The search
(500 trials at 3x128x128) is shared by all image sets and takes minutes on a laptop; five trainings of 100 epochs want
a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import image_experiment, main

EXPERIMENT = image_experiment("flowers102")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
