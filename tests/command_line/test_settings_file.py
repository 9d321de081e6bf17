import pytest
from typer.testing import CliRunner

from prototypenas.app.run_settings import InputSettings, RunSettings, settings_from
from prototypenas.app.settings import RefinementSettings, SearchSettings, TargetSettings
from prototypenas.command_line.main import app
from prototypenas.errors import ConfigurationError
from prototypenas.runs.run_directory import RunDirectory

FILE = """
dataset = "digits"
target = "rp2040"
trials = 7
objectives = ["flops", "snip", "meco"]
select-in = "consensus"
probe-batch = 4
download = true
limit = "latency=50ms"
"""


@pytest.fixture
def asked(monkeypatch):
    """What the command would do: the settings it was given."""
    seen = []

    def stop(catalogue, settings):
        seen.append(settings)
        raise ConfigurationError("far enough")

    monkeypatch.setattr("prototypenas.app.whole_way.compose_target", stop)

    def invoke(*arguments: object) -> list[object]:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 2, result.output
        seen.append(result.stderr)
        return seen

    return invoke


def test_a_file_gives_the_values_and_what_is_typed_wins(asked, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(FILE)
    assert asked("run", file)[0] == TargetSettings(target="rp2040", limit=["latency=50ms"])
    assert asked("run", file, "--target", "stm32f746", "--limit", "ram=64KiB")[2] == TargetSettings(
        "stm32f746", limit=["ram=64KiB"]
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("trails = 7", "unknown option in"),
        ("trials = ", "cannot be read"),
        ("[search]\ntrials = 7", "is a table"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(content, said, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(content)
    result = CliRunner().invoke(app, ["run", str(file)])
    assert result.exit_code == 2 and said in result.stderr and result.stderr.startswith("error: ")
    missing = CliRunner().invoke(app, ["run", "nowhere.toml"])
    assert missing.exit_code == 2 and "cannot be read" in missing.stderr


def test_a_run_repeats_its_own_settings(asked, tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    run.bind({"trials": 1}, RunSettings(target=TargetSettings("rp2040", limit=["rom=1MiB"])).flat())
    assert asked("run", "--again", run.path)[0] == TargetSettings("rp2040", limit=["rom=1MiB"])
    empty = RunDirectory.create(tmp_path / "empty")
    result = CliRunner().invoke(app, ["run", "--again", str(empty.path)])
    assert result.exit_code == 2 and "not a run directory" in result.stderr


def test_a_repeated_run_refines_as_it_did(monkeypatch, tmp_path):
    seen = []

    def stop(refinement, preset):
        seen.append((refinement.refine, preset))
        raise ConfigurationError("far enough")

    monkeypatch.setattr("prototypenas.app.whole_way.compose_refinement", stop)
    run = RunDirectory.create(tmp_path / "run")
    settings = RunSettings(
        InputSettings("digits"), refinement=RefinementSettings("90s"), search=SearchSettings(preset="paper")
    )
    run.bind({"trials": 1}, settings.flat())
    assert settings_from(run.settings(), "there") == settings
    CliRunner().invoke(app, ["run", "--again", str(run.path)])
    CliRunner().invoke(app, ["run", "--again", str(run.path), "--refine", "no"])
    assert seen == [("90s", "paper"), ("no", "paper")]


def test_the_version_is_printed():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0 and result.stdout.startswith("prototypenas ")
