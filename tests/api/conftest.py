"""The REST application over the sample store, and the recommender it must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from schemathesis.schemas import BaseSchema
from starlette.testclient import TestClient

from recsys.api.app import create_api
from recsys.config import BuildConfig, RankingConfig
from recsys.pipeline import build
from recsys.recommender import Recommender
from tests.cli.conftest import write_ratings


@pytest.fixture(scope="session")
def store(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


@pytest.fixture(scope="session")
def client(store: Recommender) -> Iterator[TestClient]:
    with TestClient(create_api(lambda: store), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="session")
def user(store: Recommender) -> str:
    return str(store.example_users().user_id[0])


@pytest.fixture(scope="session")
def item(store: Recommender) -> str:
    return str(store.popular(1).item_id[0])


@pytest.fixture(scope="session")
def api_schema(store: Recommender) -> BaseSchema:
    """What OpenAPI says of the application."""
    api = create_api(lambda: store)
    return schemathesis.openapi.from_asgi("/openapi.json", api, headers={"Host": "127.0.0.1"})


@pytest.fixture(scope="session")
def artifacts_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small versions; only to be read."""
    folder = tmp_path_factory.mktemp("two")
    ratings = write_ratings(folder / "ratings.csv")
    for rank in (4, 8):
        config = BuildConfig(ranking=RankingConfig(n_factors=rank), evaluate=False)
        build(ratings, out=folder / "artifacts", config=config)
    return folder / "artifacts"
