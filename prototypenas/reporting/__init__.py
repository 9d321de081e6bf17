"""Tables, figures and the HTML report of a run.

Tables are plain; figures and page bring Matplotlib, so they are imported where they are drawn.
"""
