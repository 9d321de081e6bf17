from prototypenas.reporting.notebook import table_html
from prototypenas.reporting.table import Table


def test_text_is_to_the_left_numbers_to_the_right_and_nothing_is_markup():
    html = table_html(Table(("Name", "Bytes"), (("<b>", "1,024"),)))
    assert '<td style="text-align:left">&lt;b&gt;</td><td style="text-align:right">1,024</td>' in html
    assert html.startswith("<table><thead><tr><th>Name</th><th>Bytes</th>")
