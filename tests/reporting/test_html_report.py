import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.reporting import html_report
from prototypenas.reporting.drawing import svg_text
from prototypenas.reporting.front_figures import parallel_figure
from prototypenas.reporting.html_report import write_report
from prototypenas.types import Scored


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
    # accuracy against three costs, front, parallel, pairs, importance, training, three memory maps
    assert page.tags.count("svg") == 3 + 5 + 3
    assert not {"iframe", "img"} & set(page.tags) and page.tags.count("script") == 1
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert "url(http" not in written.read_text()


def test_the_page_begins_with_what_to_flash_and_why(written, full_report):
    text = " ".join(" ".join(read(written).text).split())
    assert re.search(r"Flash trial (\d+) \(\w+\) Flash this one because it has the best int8 accuracy", text)
    assert text.index("Flash trial") < text.index("The chosen models") < text.rindex("What was searched")


def test_figures_say_what_they_are_in_text_that_can_be_selected(written):
    figures = re.findall(r"<svg [^>]*>.*?</svg>", written.read_text(), re.DOTALL)
    for figure in figures:
        assert re.match(r'<svg role="img" aria-label="[A-Z][^"]{20,}"', figure)
        assert "<text" in figure and "font-family" not in figure
    assert any("MFLOPs" in figure for figure in figures)


def test_every_mark_names_a_candidate_that_the_page_lists(written, full_report):
    text = written.read_text()
    listed = set(re.findall(r"<tr[^>]*><td>(\d+)</td>", text[text.index('id="candidates"') :]))
    marks = re.findall(r'data-trial="(\d+)"', text)
    assert set(marks) <= listed
    assert listed >= {str(one.number) for one in full_report.candidates if isinstance(one, Scored)}
    assert set(marks) >= {str(one.number) for one in full_report.selection.front}


def test_text_has_a_contrast_of_at_least_four_and_a_half_in_light_and_dark():
    style = (Path(html_report.__file__).parent / "templates" / "report.css").read_text()
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in style.split("@media (prefers-color-scheme: dark)")
    )
    for colours in (light, {**light, **dark}):
        for ground in ("paper", "tint"):
            for name in ("ink", "quiet", "accent", "link", *(f"colour{place}" for place in range(8))):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground, colours[name])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2.1."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_inner_link_leads_somewhere(written):
    text = written.read_text()
    targets = set(re.findall(r'\bid="([^"]+)"', text))
    inner = {address for address in read(written).addresses if address.startswith("#")}
    assert {address.removeprefix("#") for address in inner} <= targets


def test_results_and_arguments_stand_in_the_page_and_names_are_escaped(written):
    text = " ".join(read(written).text)
    for wanted in ("94.87", "95.07", "Gaussian, 2 batches of 16, seed 0", "optimal", "digits <on> a board", "+40"):
        assert wanted in text
    assert "<on>" not in written.read_text()


def test_every_figure_is_also_a_file_of_both_kinds(written, full_report):
    names = [
        "tradeoff_ram",
        "tradeoff_rom",
        "tradeoff_latency",
        "front",
        "pairs",
        "parallel_coordinates",
        "importance",
        "training",
    ]
    names += [f"memory_{one.number}" for one in full_report.selection.chosen]
    found = {file.name for file in (written.parent / "figures").iterdir()}
    assert found == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    assert not list(written.parent.glob("*.draft"))


def test_a_run_that_was_only_explored_has_a_report_too(bare_report, tmp_path):
    write_report(bare_report, tmp_path / "report.html")
    page = read(tmp_path / "report.html")
    assert page.tags.count("svg") == 3
    assert "What they learnt" not in page.text and not any("Flash" in text for text in page.text)


def test_same_figure_gives_the_same_text(bare_report):
    assert svg_text(parallel_figure(bare_report.candidates, bare_report.selection)) == svg_text(
        parallel_figure(bare_report.candidates, bare_report.selection)
    )


def test_a_folder_that_cannot_be_written_is_named(bare_report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="cannot write the report"):
        write_report(bare_report, tmp_path / "file" / "report.html")
