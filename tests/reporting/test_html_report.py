import re
from html.parser import HTMLParser

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.reporting.drawing import svg_text
from prototypenas.reporting.front_figures import parallel_figure
from prototypenas.reporting.html_report import write_report


class Page(HTMLParser):
    VOID = ("meta", "link", "br", "img", "path", "use", "rect", "stop", "circle", "line")

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.addresses, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "xlink:href", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "xlink:href", "data")]

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert not page.open
    return page


@pytest.fixture(scope="module")
def written(full_report, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "report.html"
    write_report(full_report, path)
    return path


def test_page_is_well_formed_and_needs_nothing_else(written):
    page = read(written)
    assert page.tags.count("svg") == 5 + 3  # front, parallel, pairs, importance, training, three memory maps
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert all(address.startswith("#") for address in page.addresses)
    assert "url(http" not in written.read_text()


def test_every_inner_link_leads_somewhere(written):
    text = written.read_text()
    targets = set(re.findall(r'\bid="([^"]+)"', text))
    assert {address.removeprefix("#") for address in read(written).addresses} <= targets


def test_results_and_arguments_stand_in_the_page_and_names_are_escaped(written):
    text = " ".join(read(written).text)
    for wanted in ("94.87", "95.07", "Gaussian, 2 batches of 16, seed 0", "optimal", "digits <on> a board", "+40"):
        assert wanted in text
    assert "<on>" not in written.read_text()


def test_every_figure_is_also_a_file_of_both_kinds(written, full_report):
    names = ["front", "pairs", "parallel_coordinates", "importance", "training"]
    names += [f"memory_{one.number}" for one in full_report.selection.chosen]
    found = {file.name for file in (written.parent / "figures").iterdir()}
    assert found == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    assert not list(written.parent.glob("*.draft"))


def test_a_run_that_was_only_explored_has_a_report_too(bare_report, tmp_path):
    write_report(bare_report, tmp_path / "report.html")
    page = read(tmp_path / "report.html")
    assert page.tags.count("svg") == 3
    assert "Training" not in page.text


def test_same_figure_gives_the_same_text(bare_report):
    assert svg_text(parallel_figure(bare_report.selection)) == svg_text(parallel_figure(bare_report.selection))


def test_a_folder_that_cannot_be_written_is_named(bare_report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="cannot write the report"):
        write_report(bare_report, tmp_path / "file" / "report.html")
