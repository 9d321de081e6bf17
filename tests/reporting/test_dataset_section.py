from dataclasses import replace

import numpy as np
import pytest

from prototypenas.reporting.dataset_section import contact_sheet, samples_figure
from prototypenas.reporting.html_report import write_report
from prototypenas.reporting.tables import class_table
from prototypenas.runs.dataset_summary import DatasetSummary


@pytest.fixture
def pictures() -> DatasetSummary:
    """Class a is red, class <b> blue; two of the one, one of the other."""
    images = np.zeros((3, 3, 130, 130), dtype=np.uint8)
    images[:2, 0] = 200
    images[2, 2] = 150
    return DatasetSummary("mine", (3, 130, 130), "80/20", ("a", "<b>"), (1200, 10), (5, 3), images, (0, 0, 1))


@pytest.fixture
def series(pictures) -> DatasetSummary:
    waves = np.sin(np.arange(50.0)) * np.arange(1, 9).reshape(4, 2, 1)
    return replace(
        pictures,
        classes=("a", "b", "c", "d"),
        train_counts=(1200, 10, 10, 10),
        test_counts=(5, 3, 3, 3),
        samples=waves.astype(np.float32),
        sample_classes=(0, 1, 2, 3),
    )


def test_the_table_counts_each_class_and_all(pictures):
    assert class_table(pictures).rows == (("a", "1,200", "5"), ("<b>", "10", "3"), ("all", "1,210", "8"))


def test_a_class_has_a_row_of_the_contact_sheet(pictures):
    sheet = contact_sheet(pictures)
    tile = (sheet.shape[0] - 2) // 2
    assert tile <= 64 and sheet.shape == (2 * tile + 2, 2 * tile + 2, 3)
    assert (sheet[:tile, :tile] == (200, 0, 0)).all() and (sheet[:tile, -tile:] == (200, 0, 0)).all()
    assert (sheet[-tile:, :tile] == (0, 0, 150)).all()
    assert (sheet[-tile:, -tile:] == 255).all()


def test_a_class_has_a_plot_and_a_channel_a_line(series):
    panels = [axes for axes in samples_figure(series).axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b", "c", "d"]
    for axes, wave in zip(panels, series.samples, strict=True):
        assert np.array_equal([line.get_ydata() for line in axes.lines], wave)


@pytest.mark.parametrize("form", ["pictures", "series"])
def test_the_page_shows_the_data(form, bare_report, tmp_path, request):
    summary = request.getfixturevalue(form)
    summary = replace(summary, training="8,000 steps, shift", varied=summary.samples[:, ::-1])
    write_report(replace(bare_report, dataset=summary), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert '<h3 id="data">' in text and 'href="#learnt"' in text
    assert "network sees 3x130x130" in text and "1,200" in text and "<b>" not in text
    assert (tmp_path / "figures" / "data.png").exists()
    write_report(bare_report, tmp_path / "report.html")
    assert 'id="data"' not in (tmp_path / "report.html").read_text()
    assert "Training: 8,000 steps, shift." in text
    assert (tmp_path / "figures" / "varied_data.png").exists()
