"""A worker that is lost while a value is sent to all costs another try."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.cluster.sending import to_all


class Client:
    """A client that fails `n_failures` times."""

    def __init__(self, n_failures: int) -> None:
        self.left, self.n_calls = n_failures, 0

    def scatter(self, value: Any, **told: Any) -> Any:
        assert told == {"broadcast": True, "hash": False}
        self.n_calls += 1
        if self.left:
            self.left -= 1
            raise ConnectionResetError("Stream is closed")
        return value


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys.cluster.sending._PAUSE", 0.0)


def test_a_value_is_sent_again() -> None:
    client: Any = Client(3)
    assert to_all(client, 7) == 7
    assert client.n_calls == 4


def test_a_cluster_that_stays_away_fails() -> None:
    client: Any = Client(10)
    with pytest.raises(OSError, match="closed"):
        to_all(client, 7)
    assert client.n_calls == 10
