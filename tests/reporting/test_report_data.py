from prototypenas.reporting.report_data import read_history


def test_history_is_read_with_what_it_has(tmp_path):
    file = tmp_path / "history.csv"
    file.write_text(
        "phase,epoch,train_loss,train_score,validation_score,learning_rate,channels,parameters,seconds\n"
        "train,1,2.3,0.1,0.12,0.05,100,5000,1.0\ntrain,2,nan,0.5,,0.05,90,4000,1.0\nquantize,1,0.4,0.9,0.91,0.01,90,4000,1\n"
    )
    first, second, third = read_history(file)
    assert (first.phase, first.epoch, first.train_loss, first.validation_score) == ("train", 1, 2.3, 0.12)
    assert second.train_loss is None and second.validation_score is None and second.parameters == 4000
    assert (third.phase, third.epoch) == ("quantize", 1)


def test_missing_file_or_columns_give_no_invented_numbers(tmp_path):
    assert read_history(tmp_path / "history.csv") == ()
    file = tmp_path / "short.csv"
    file.write_text("train_loss\n0.5\n0.4\n")
    assert [(row.phase, row.epoch, row.validation_score) for row in read_history(file)] == [
        ("train", 1, None),
        ("train", 2, None),
    ]


def test_the_trainers_own_table_is_understood(tmp_path):
    from evaluators.training.records import EpochRecord, write_rows

    write_rows([EpochRecord("train", 1, 1.5, 0.4, 0.5, 0.05, 64, 1200, 3.0)], tmp_path / "history.csv")
    (row,) = read_history(tmp_path / "history.csv")
    assert (row.train_loss, row.train_score, row.validation_score, row.parameters) == (1.5, 0.4, 0.5, 1200)
