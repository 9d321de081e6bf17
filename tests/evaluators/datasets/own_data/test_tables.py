import numpy as np
import pandas as pd
import pytest

from evaluators.datasets.own_data import Reading, open_dataset
from prototypenas.errors import DatasetError


def long_table(series: int = 20, length: int = 12) -> pd.DataFrame:
    rows = [
        {"series": f"s{number:02d}", "label": ("idle", "run")[number % 2], "x": number + step, "y": -step}
        for number in range(series)
        for step in range(length)
    ]
    return pd.DataFrame(rows)


def wide_table(rows: int = 20, steps: int = 16) -> pd.DataFrame:
    values = pd.DataFrame(np.arange(float(rows * steps)).reshape(rows, steps) + 0.5)
    return values.add_prefix("t").assign(label=["up", "down"] * (rows // 2))


def opened(tmp_path, table: pd.DataFrame, reading: Reading | None = None, **how):
    table.to_csv(tmp_path / "own.csv", **{"index": False, **how})
    return open_dataset(tmp_path / "own.csv", reading=reading)


@pytest.mark.parametrize("column", ["label", "group", "series"])
def test_an_empty_cell_is_named(tmp_path, column):
    table = long_table().assign(group="a")
    table.loc[5, column] = None
    with pytest.raises(DatasetError, match=f"column {column}, row 6 is empty"):
        opened(tmp_path, table)


def test_header_only_empty_and_binary_files_are_one_line(tmp_path):
    path = tmp_path / "own.csv"
    for content, message in ((b"label,a,b\n", "no row"), (b"\n\n", "is empty"), (b"\0\1\2", "no text file")):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=message):
            open_dataset(path)
    (tmp_path / "own.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        open_dataset(tmp_path / "own.parquet")


@pytest.mark.parametrize("index", ["pandas", "id", "Index"])
def test_an_index_is_no_signal(tmp_path, index):
    table = wide_table()
    if index != "pandas":
        table.insert(0, index, range(len(table)))
    data = opened(tmp_path, table, index=index == "pandas")
    assert data.input_shape == (1, 16)
    assert "numbers the rows" in data.reading


def test_an_id_that_repeats_names_the_series(tmp_path):
    table = long_table().rename(columns={"series": "id"})
    table.insert(1, "time", np.tile(np.arange(12), 20))
    data = opened(tmp_path, table)
    assert data.input_shape == (2, 12)
    assert "series: column id" in data.reading and "time: column time" in data.reading


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_any_delimiter(tmp_path, delimiter):
    assert opened(tmp_path, wide_table(), sep=delimiter).input_shape == (1, 16)


def test_decimal_commas_between_semicolons(tmp_path):
    data = opened(tmp_path, wide_table(), sep=";", decimal=",")
    assert data.input_shape == (1, 16)
    assert (data.train.inputs % 1 == 0.5).all()


def test_gaps_are_filled_by_straight_lines_and_said(tmp_path):
    table = wide_table().astype({"t3": object})
    table.loc[2, "t3"] = "NA"
    table.loc[2, "t4"] = None
    data = opened(tmp_path, table)
    both = np.concatenate((data.train.inputs.numpy(), data.test.inputs.numpy()))
    assert (np.diff(both, axis=2) == 1).all()
    assert "2 gaps filled" in data.reading


def test_unequal_series_are_held_at_their_last_value(tmp_path):
    data = opened(tmp_path, long_table().iloc[3:])
    assert data.input_shape == (2, 12)
    assert "9 to 12 steps, each held at its last value up to 12" in data.reading
    both = np.concatenate((data.train.inputs.numpy(), data.test.inputs.numpy()))
    first = both[(both[:, 0, 0] == 3) & (both[:, 1, 0] == -3)][0]
    assert first[0].tolist() == [*range(3, 12), 11, 11, 11]


@pytest.mark.parametrize("name", ["Class", "target", "activity", "Y"])
def test_other_names_of_the_label(tmp_path, name):
    data = opened(tmp_path, wide_table().rename(columns={"label": name}))
    assert data.classes == ("down", "up") and f"label: column {name}" in data.reading


def test_several_label_columns_are_offered(tmp_path):
    table = wide_table().rename(columns={"label": "Class"}).assign(target=[0, 1, 2, 3] * 5)
    with pytest.raises(DatasetError, match=r"--label-column 'Class'.*--label-column 'target'"):
        opened(tmp_path, table)
    data = opened(tmp_path, table, Reading(label_column="target", ignored_columns=("Class",)))
    assert data.classes == ("0", "1", "2", "3") and data.input_shape == (1, 16)


def test_an_option_that_names_no_column_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no column 'kind'; it has t0"):
        opened(tmp_path, wide_table(), Reading(label_column="kind"))


@pytest.mark.parametrize("last", [True, False])
def test_a_table_without_a_header_has_its_labels_at_one_end(tmp_path, last):
    table = wide_table().assign(label=[1, 2] * 10)
    names = [*table.columns[:-1], "label"] if last else ["label", *table.columns[:-1]]
    data = opened(tmp_path, table[names], header=False)
    assert data.classes == ("1", "2") and data.input_shape == (1, 16)
    both = table.assign(first=[3, 4, 5, 6] * 5)[["first", *names]] if last else table.assign(end=[3, 4] * 10)
    with pytest.raises(DatasetError, match=r"--label-column 1.*--label-column"):
        opened(tmp_path, both if last else both[["label", *table.columns[:-1], "end"]], header=False)


def test_training_and_test_tables_are_a_pair(tmp_path):
    wide_table(20).to_csv(tmp_path / "beat_train.csv", index=False)
    wide_table(10).to_csv(tmp_path / "beat_test.csv", index=False)
    for path in (tmp_path, tmp_path / "beat_train.csv", tmp_path / "beat_test.csv"):
        data = open_dataset(path)
        assert (data.name, len(data.train), len(data.test)) == ("beat", 20, 10)


def test_a_table_of_attributes_is_refused(tmp_path):
    table = pd.DataFrame({"Name": ["Ann", "Bob"] * 5, "Sex": ["f", "m"] * 5, "Age": range(10), "label": [0, 1] * 5})
    with pytest.raises(DatasetError, match=r"columns of text \(Name, Sex\): a table of attributes"):
        opened(tmp_path, table)


def test_columns_with_names_of_their_own_offer_the_readings(tmp_path):
    flowers = pd.DataFrame(np.arange(40.0).reshape(10, 4), columns=["sepal l", "sepal w", "petal l", "petal w"])
    with pytest.raises(DatasetError, match=r"--series-column NAME.*--layout wide: .*4 steps.*--layout stream"):
        opened(tmp_path, flowers.assign(label=[0, 1] * 5))


def test_a_recording_with_a_time_is_cut_by_its_labels(tmp_path):
    steps = np.arange(2000)
    table = pd.DataFrame(
        {
            "user": steps // 400,
            "timestamp": steps * 20,
            "acc x": steps,
            "acc z": -steps,
            "activity": np.where(steps // 200 % 2, "walk", "sit"),
        }
    )
    data = opened(tmp_path, table)
    assert data.input_shape == (2, 128) and data.classes == ("sit", "walk")
    assert "by group; held out" in data.split and "stretch of one label" in data.reading
    assert (data.train.inputs[:, 0] == -data.train.inputs[:, 1]).all()


def test_a_stream_without_groups_keeps_a_piece_for_the_test(tmp_path):
    steps = np.arange(3000)
    table = pd.DataFrame({"time": steps, "v": steps, "u": steps, "label": steps // 1500})
    data = opened(tmp_path, table)
    train, test = (set(part.inputs[:, 0].flatten().tolist()) for part in (data.train, data.test))
    assert train and test and not train & test


@pytest.mark.parametrize(("channels", "columns"), [(1, 784), (3, 48)])
def test_columns_of_pixels_are_pictures(tmp_path, channels, columns):
    values = np.random.default_rng(0).integers(0, 256, (20, columns))
    table = pd.DataFrame(values, columns=[f"pixel{number}" for number in range(columns)]).assign(label=[0, 1] * 10)
    data = opened(tmp_path, table)
    side = round((columns / channels) ** 0.5)
    assert data.input_shape == (channels, side, side)
    shaped = values.reshape(20, side, side, channels).transpose(0, 3, 1, 2).astype(np.uint8)
    assert {image.tobytes() for image in data.train.inputs.numpy()} <= {image.tobytes() for image in shaped}


def test_columns_counted_for_several_channels(tmp_path):
    table = pd.DataFrame({f"{axis}_{step}": np.arange(20.0) + step for axis in "xy" for step in range(8)})
    assert opened(tmp_path, table.assign(label=["a", "b"] * 10)).input_shape == (2, 8)


def test_columns_of_one_name_twice_are_refused(tmp_path):
    (tmp_path / "own.parquet").write_bytes(b"")
    table = long_table()
    (tmp_path / "own.csv").write_text("label;x ;x\na;1;2\nb;1;2\n")
    with pytest.raises(DatasetError, match="two columns named 'x'"):
        open_dataset(tmp_path / "own.csv")
    assert opened(tmp_path, table).num_classes == 2
