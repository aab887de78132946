"""Prints the counts of the suite at its end."""

from __future__ import annotations

import pytest

from tests.torture.tally import TALLIES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLIES:
        terminalreporter.write_line(f"{'fault injected':42}{'tried':>8}{'caught':>8}{'lost':>6}")
    for name, one in TALLIES.items():
        terminalreporter.write_line(f"{name:42}{one.tried:8,}{one.caught:8,}{one.lost:6,}")
