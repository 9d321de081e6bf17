"""How results show themselves in a notebook: tables and figures as HTML."""

from html import escape

from prototypenas.reporting.table import Table


def table_html(table: Table) -> str:
    """Return a table as HTML; text to the left, numbers to the right."""
    heads = "".join(f"<th>{escape(header)}</th>" for header in table.headers)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{"left" if place < table.names else "right"}">{escape(cell)}</td>'
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
