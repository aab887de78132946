"""The types of arrays that signatures name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]
"""Row numbers of users or items."""
Mask = NDArray[np.bool_]
Rows32 = NDArray[np.int32]
"""Row numbers as matrices hold them: half the memory."""
AnyRows = NDArray[np.integer]
"""Row numbers of any width, as callers give them."""
