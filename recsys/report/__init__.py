"""A report on a version as one HTML file, and facts in words that the studio shows too."""

from recsys.report.page import report_html

__all__ = ["report_html"]
