import importlib

import pytest

from evaluators import DATASETS
from experiments.paper_experiment import PaperExperiment, main, search_of
from experiments.paper_values import TABLE_2, TABLE_3
from prototypenas.errors import DatasetError

MODULES = {
    "cifar10": "cifar10",
    "cifar100": "cifar100",
    "gtsrb": "gtsrb",
    "flowers102": "flowers102",
    "birds": "birds",
    "pets": "pets-species",
    "cars": "cars",
    "arxphotos314": "arxphotos314",
    "daliac": "daliac",
    "mafaulda": "mafaulda",
    "bitbrain_sleep": "bitbrain-sleep",
}


@pytest.mark.parametrize(("module", "dataset"), MODULES.items(), ids=MODULES)
def test_each_experiment_is_the_papers_and_says_what_to_expect(module, dataset):
    found = importlib.import_module(f"experiments.{module}")
    experiment = found.EXPERIMENT
    assert isinstance(experiment, PaperExperiment)
    assert experiment.dataset == dataset and dataset in DATASETS
    assert (experiment.trials, experiment.keep, experiment.epochs) == (500, 5, 100)
    paper = {**TABLE_2.accuracy, **TABLE_3.accuracy}[dataset]
    assert " / ".join(map(str, paper)) in found.__doc__
    assert f"python -m experiments.{module}" in found.__doc__
    assert len(experiment.input_shape) == len(DATASETS[dataset].input_shape)


def test_image_sets_share_one_search():
    images = [importlib.import_module(f"experiments.{name}").EXPERIMENT for name in list(MODULES)[:8]]
    searches = [search_of(experiment, seed=0) for experiment in images]
    assert all(search.arguments() == searches[0].arguments() for search in searches)
    assert len({experiment.run_name for experiment in images}) == 1


def test_a_missing_data_folder_ends_before_any_search(tmp_path):
    experiment = importlib.import_module("experiments.daliac").EXPERIMENT
    with pytest.raises(DatasetError, match="does not exist"):
        main(experiment, ["--data-dir", str(tmp_path / "nowhere"), "--out", str(tmp_path / "run")])
    assert not (tmp_path / "run" / "candidates.csv").exists()
