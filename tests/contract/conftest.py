"""A storage with its own tables for each test, on the engine that the test file names as `ENGINE`.

One file per engine, so that parallel test runs start each engine once.
"""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.storage import Storage
from tests.contract import engines
from tests.contract.tables import create_tables, delete_tables


@pytest.fixture(scope="module")
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of the test file's engine."""
    name = request.module.ENGINE
    started: AbstractContextManager[Any]
    started = engines.moto() if name == "moto" else getattr(engines, name)(tmp_path_factory.mktemp(name))
    with started as client:
        yield client


@pytest.fixture
def storage(client: Any) -> Iterator[Storage]:
    names = create_tables(client, uuid.uuid4().hex[:12])
    yield DynamoDbStorage(client, names)
    delete_tables(client, names)
