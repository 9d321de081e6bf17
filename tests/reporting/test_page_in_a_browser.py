"""The page in a headless browser: it fits every screen, says which candidate a mark is, sorts and filters."""

import json
import re
import shutil
import subprocess

import pytest

from prototypenas.reporting.html_report import write_report
from prototypenas.types import Scored

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (400, 800, 1400)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium")]

PROBE = """<!doctype html><body><script>
const page = PAGE, found = {}, errors = [];
const listen = "<script>onerror = (text) => parent.errors.push(String(text));<\\/script>";
const look = (width) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.style.width = width + "px"; frame.style.height = "900px";
  frame.onload = () => done(examine(frame.contentWindow));
  frame.srcdoc = listen + page;
  document.body.append(frame);
});
const examine = (view) => {
  const root = view.document, body = root.documentElement;
  const facts = { inner: body.clientWidth, wide: body.scrollWidth };
  const figure = root.querySelector("#selection ~ figure svg text");
  facts.letter = figure.getBoundingClientRect().height;
  const mark = root.querySelector("svg [data-trial]");
  mark.dispatchEvent(new view.PointerEvent("pointerover", { bubbles: true }));
  facts.trial = mark.dataset.trial;
  facts.tip = root.getElementById("tip").hidden ? "" : root.getElementById("tip").innerText;
  const box = root.getElementById("tip").getBoundingClientRect();
  facts.inside = box.left >= 0 && box.right <= body.clientWidth;
  root.body.dispatchEvent(new view.PointerEvent("pointerover", { bubbles: true }));
  facts.gone = root.getElementById("tip").hidden;
  const table = root.querySelector("#candidates table");
  root.querySelector("#candidates").open = true;
  const column = () => [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[8].innerText);
  const button = table.tHead.rows[0].cells[8].querySelector("button");
  button.click(); facts.rising = column();
  button.click(); facts.falling = column();
  const filter = root.querySelector("#candidates input");
  filter.value = "resnet18 front"; filter.dispatchEvent(new view.Event("input"));
  facts.left = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.innerText);
  return facts;
};
(async () => {
  for (const width of WIDTHS) found[width] = await look(width);
  const answer = document.createElement("pre");
  answer.textContent = JSON.stringify({ found, errors });
  document.body.replaceChildren(answer);
})();
</script></body>"""


@pytest.fixture(scope="module")
def seen(full_report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_report(full_report, folder / "report.html")
    text = json.dumps((folder / "report.html").read_text()).replace("</", "<\\/")
    (folder / "probe.html").write_text(PROBE.replace("PAGE", text, 1).replace("WIDTHS", str(list(WIDTHS)), 1))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=20000"]
    address = (folder / "probe.html").as_uri()
    command = [BROWSER, *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", address]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r"<pre>(.*)</pre>", result.stdout, re.DOTALL)
    assert match is not None, result.stderr
    answer = json.loads(match[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return answer, result.stderr


def test_the_console_stays_silent(seen):
    answer, said = seen
    assert answer["errors"] == []
    assert "CONSOLE" not in said


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_and_letters_can_be_read(seen, width):
    facts = seen[0]["found"][str(width)]
    assert facts["inner"] <= width
    assert facts["wide"] <= facts["inner"]
    assert facts["letter"] >= 9


@pytest.mark.parametrize("width", WIDTHS)
def test_a_mark_says_which_candidate_it_is(seen, width):
    facts = seen[0]["found"][str(width)]
    assert f"Trial {facts['trial']}," in facts["tip"]
    assert all(word in facts["tip"] for word in ("Width", "Sparsities", "RAM [kB]", "MFLOPs"))
    assert facts["inside"] and facts["gone"]


def test_tables_are_sorted_and_filtered(seen, full_report):
    facts = seen[0]["found"]["1400"]
    rising = [float(value.replace(",", "")) for value in facts["rising"]]
    assert rising == sorted(rising) and len(rising) == sum(isinstance(one, Scored) for one in full_report.candidates)
    assert facts["falling"] == facts["rising"][::-1]
    front = [one for one in full_report.selection.front if one.configuration.architecture == "resnet18"]
    chosen = {one.number for one in full_report.selection.chosen}
    assert len(facts["left"]) == sum(one.number not in chosen for one in front)
