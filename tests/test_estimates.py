"""What a build takes, and whether it fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.estimates import Estimate, duration, estimate, free, size, why_not


@pytest.mark.parametrize(("n", "seconds", "mb"), [(1_000_000, 44.0, 1_690), (8_000_000, 60.0, 2_421)])
def test_the_estimate_is_what_was_measured(n: int, seconds: float, mb: float) -> None:
    found = estimate(n, measured=False)
    assert found.seconds == pytest.approx(seconds)
    assert found.memory == pytest.approx(mb * 1e6)
    assert 130 * n < found.disk < 160 * n


def test_more_takes_more() -> None:
    small, large = (estimate(n, measured=True) for n in (32_000_000, 64_000_000))
    assert large.memory > 1.5 * small.memory
    assert large.seconds > small.seconds
    assert estimate(1_000, measured=True, tuned=True).seconds > estimate(1_000, measured=True).seconds


def test_what_cannot_fit_is_refused_in_words() -> None:
    wanted = Estimate(4_000_000_000, 1_000_000_000, 60)
    assert why_not(wanted, 8_000_000_000, 8_000_000_000) == ""
    assert "4.0 GB of memory" in why_not(wanted, 1_000_000_000, 8_000_000_000)
    assert "on the disk" in why_not(wanted, 8_000_000_000, 1_000_000_000)


def test_free_space_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    memory, disk = free(tmp_path / "not" / "yet")
    assert memory > 0
    assert disk > 0


def test_words() -> None:
    assert (size(2_421e6), size(552e6), size(999)) == ("2.4 GB", "552 MB", "999 bytes")
    assert (duration(1), duration(40.2), duration(180), duration(9_000)) == (
        "1 second",
        "40 seconds",
        "3 minutes",
        "2.5 hours",
    )
