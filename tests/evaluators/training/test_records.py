from evaluators.training.records import PruningRecord, write_rows


def test_rows_are_written_under_their_names_and_none_leaves_no_file(tmp_path):
    write_rows([], tmp_path / "pruning.csv")
    assert not (tmp_path / "pruning.csv").exists()
    write_rows([PruningRecord(2, 8, 4, 24, 0.6, 0.4)], tmp_path / "pruning.csv")
    assert (tmp_path / "pruning.csv").read_text() == (
        "epoch,channels_before,channels_after,parameters_after,score_before,score_after\n2,8,4,24,0.6,0.4\n"
    )
