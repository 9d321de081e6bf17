"""The paper's Table 2 on ArxPhotos314.

    python -m experiments.arxphotos314 --data-dir data --device cuda

Quantized test accuracy in the paper, by FLOPs, with 50 epochs of ImageNet pre-training:
90.8 / 95.4 / 97.4 / 79.5 / 93.6 %.
Expect less here: we train from scratch unless `--pretrain FOLDER` names pictures by class to learn first. The search
(500 trials at 3x128x128) is shared by all image sets and takes minutes on a laptop; five trainings of 100 epochs want
a GPU.
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import image_experiment, main

EXPERIMENT = image_experiment("arxphotos314")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
