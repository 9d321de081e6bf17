"""Anybody's own data: the form is seen from the path, and what was understood is said."""

from evaluators.datasets.own_data.forms import Form, opened
from evaluators.datasets.own_data.opening import FORMS, open_dataset
from evaluators.datasets.reading import Reading

__all__ = ["FORMS", "Form", "Reading", "open_dataset", "opened"]
