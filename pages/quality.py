"""Is it better than showing best-sellers, for whom, and how sure are we?"""

from recsys.ui.service import studio
from recsys.ui.shell import guard, heading

guard()
store = studio()

heading("quality", "x")
