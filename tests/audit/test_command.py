"""`make audit` on a real engine: its output and its exit status."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eeum.audit.root_folder import RootFolder
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.storage import Add, Key, Put, Table, Update
from operations import audit as command
from operations.deployed_city import City
from operations.failure import OperationFailed
from tests.audit.life import DAY, FEBRUARY, project, store_history
from tests.contract import engines
from tests.contract.tables import create_tables
from tests.use_cases.world import World

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with engines.dynoxide(tmp_path_factory.mktemp("dynoxide")) as client:
        yield client


@pytest.fixture
def city(engine: Any) -> City:
    """A city with the ledger of one member."""
    tables = create_tables(engine, uuid.uuid4().hex[:8])
    world = World()
    store_history(world)
    storage = DynamoDbStorage(engine, tables)
    for table in (Table.LEDGER, Table.PROGRAMME):
        for item in world.memory.items(table):
            storage.transact([Put(Key(table, item["pk"], item["sk"]), item)], str(uuid.uuid4()))
    return City("incheon", "ap-northeast-2", tables, engine.meta.endpoint_url)


def _damage(engine: Any, city: City) -> str:
    storage = DynamoDbStorage(engine, city.tables)
    wallet = next(item for item in command.AuditStore(storage).page(0, 1, None).items if item["sk"] == "WALLET")
    one_more = Update(Key(Table.LEDGER, wallet["pk"], "WALLET"), (Add(("purses", "charged", "amount"), 1),))
    storage.transact([one_more], str(uuid.uuid4()))
    return str(wallet["pk"]).removeprefix("WALLET#")


@pytest.fixture
def make_audit(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, run on the day after, with this city as its stack."""

    @contextmanager
    def shown(*_: Any) -> Iterator[Callable[[int], None]]:
        yield lambda items: None

    monkeypatch.setattr(command, "stack_of", lambda arguments: SimpleNamespace())
    monkeypatch.setattr(command, "city_of", lambda stack, stage: (city, FEBRUARY + DAY))
    monkeypatch.setattr(command, "roots_of", lambda stack, stage: RootFolder(tmp_path / "roots"))
    monkeypatch.setattr(command, "_shown", shown)

    def call(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["audit", *arguments])
        return command.main()

    return call


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_intact_city_is_reported_as_such_and_its_root_is_stored(
    engine: Any, city: City, make_audit: Callable[..., int], processes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project(DynamoDbStorage(engine, city.tables))
    assert make_audit("--processes", processes) == 0
    printed = capsys.readouterr().out
    assert "Root of 2021-02-03 stored" in printed
    assert "There are no deviations." in printed
    assert make_audit("--processes", processes, "--all-roots") == 0
    assert "Roots verified: 2021-02-03" in capsys.readouterr().out


def test_each_deviation_is_named(
    engine: Any, city: City, make_audit: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    project(DynamoDbStorage(engine, city.tables), wrong=5)
    wallet = _damage(engine, city)
    assert make_audit() == 1
    printed = capsys.readouterr().out
    assert "2 deviations:" in printed
    assert f"balance: wallet {wallet} WALLET" in printed
    assert "balance_projection: bank/lee" in printed
    assert "the projection has -1499995 won, but the ledger's postings sum to -1500000" in printed


def test_an_audit_that_fails_is_not_reported_as_clean(
    city: City,
    make_audit: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nowhere = City(city.programme, city.region, city.tables, "http://127.0.0.1:9")
    monkeypatch.setattr(command, "city_of", lambda stack, stage: (nowhere, FEBRUARY))
    assert make_audit("--processes", "1") == 2

    def no_stack(*_: Any) -> None:
        raise OperationFailed("There is no such stack.")

    monkeypatch.setattr(command, "stack_of", no_stack)
    assert make_audit() == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "make audit: There is no such stack." in told.err
