"""Tables, figures and the HTML report of a run."""

from prototypenas.reporting.html_report import write_report
from prototypenas.reporting.importance import parameter_importance
from prototypenas.reporting.report_data import Epoch, ModelResult, ReportData, SizeComparison, read_history
from prototypenas.reporting.tables import Table, final_table

__all__ = [
    "Epoch",
    "ModelResult",
    "ReportData",
    "SizeComparison",
    "Table",
    "final_table",
    "parameter_importance",
    "read_history",
    "write_report",
]
