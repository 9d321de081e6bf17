import proxies
from prototypenas.app import presets
from prototypenas.app.presets import DEFAULT_OBJECTIVES
from proxies import BASELINES, PAPER_ENSEMBLE, PROXIES


def test_ensemble_and_baselines_are_proxies_and_apart() -> None:
    assert PAPER_ENSEMBLE == presets.PAPER_OBJECTIVES[1:] == ("meco", "zico", "naswot", "snip")
    assert not set(DEFAULT_OBJECTIVES[1:]) & set(PAPER_ENSEMBLE)
    assert set(DEFAULT_OBJECTIVES[1:]) | set(BASELINES) <= set(PROXIES)
    assert not set(DEFAULT_OBJECTIVES[1:]) & set(BASELINES)


def test_every_file_of_the_folder_is_in_the_mapping() -> None:
    from pathlib import Path

    files = {path.stem for path in Path(proxies.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == set(PROXIES)
