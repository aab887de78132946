"""Answers for all users or products, in one file.

request   what is wanted, and of whom
rows      the answers for some users or products, as a table
unfinished  the folder beside the file that holds what is done, so that a stopped export goes on
run       the parts in several processes, and the file
"""

from recsys.export.request import ExportRequest
from recsys.export.run import begin, export, resume

__all__ = ["ExportRequest", "begin", "export", "resume"]
