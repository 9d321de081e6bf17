import importlib
import runpy
import sys
from pathlib import Path

import pytest

import experiments
from evaluators import DATASETS
from experiments.paper_experiment import PaperExperiment, settings_of
from experiments.paper_values import TABLE_2, TABLE_3
from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import compose_run
from prototypenas.app.settings import DeviceSettings
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
    settings = [settings_of(experiment, seed=0) for experiment in images]
    assert all(one == settings[0] for one in settings)
    search = compose_run(gather(), settings[0], DeviceSettings()).arguments()
    assert [one["name"] for one in search["objectives"]] == ["flops", "meco", "zico", "naswot", "snip"] and search[
        "trials"
    ] == 500
    assert settings[0].search.preset == "paper"
    assert len({experiment.run_name for experiment in images}) == 1


@pytest.mark.parametrize("module", [*MODULES, "sisfall"])
def test_a_missing_data_folder_is_one_line_and_leaves_no_run_directory(module, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [module, "--data-dir", "nowhere", "--out", "run"])
    monkeypatch.delitem(sys.modules, f"experiments.{module}", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"experiments.{module}", run_name="__main__")
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("error: ") and said.count("\n") == 1 and "nowhere does not exist" in said
    assert not (tmp_path / "run").exists()


def test_every_script_ends_with_one_line_where_the_user_is_at_fault():
    scripts = [path for path in Path(experiments.__file__).parent.glob("*.py") if "__main__" in path.read_text()]
    assert len(scripts) > 20
    assert not [path.name for path in scripts if "    with errors_in_one_line():\n" not in path.read_text()]


@pytest.mark.parametrize("name", [name for name, source in DATASETS.items() if source.needs_files])
def test_a_download_is_only_offered_where_it_is_not_refused(name, tmp_path):
    with pytest.raises(DatasetError) as missing:
        DATASETS[name].load(tmp_path / "nowhere")
    if "--download" in str(missing.value):
        assert name in ("cifar10", "cifar100", "gtsrb", "flowers102", "birds", "pets", "pets-species")
    else:
        with pytest.raises(DatasetError, match="download"):
            DATASETS[name].load(tmp_path / "nowhere", download=True)
