"""The paper's Table 2 on Oxford-IIIT Pet.

    python -m experiments.pets --data-dir data --download --device cuda

Quantized test accuracy in the paper, by FLOPs, with 50 epochs of ImageNet pre-training:
99.8 / 99.8 / 97.5 / 96.1 / 99.9 %.
Expect less here: we train from scratch unless `--pretrain FOLDER` names pictures by class to learn first. The search
(500 trials at 3x128x128) is shared by all image sets and takes minutes on a laptop; five trainings of 100 epochs want
a GPU.

The paper's figures are far above those known for 37 breeds; they fit the two species, which is what runs here
(`pets` in `evaluators.DATASETS` has the breeds).
"""

from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import image_experiment, main

EXPERIMENT = image_experiment("pets-species")

if __name__ == "__main__":
    with errors_in_one_line():
        main(EXPERIMENT)
