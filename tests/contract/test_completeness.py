"""The contract is complete: some case calls every function of every store, on the tables of the template."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import eeum
from eeum.storage import BY_OPENING, Table
from tests.contract.cases import all_cases
from tests.contract.shapes import Recording
from tests.contract.tables import definition_of, indexes_in_code, indexes_in_template
from tests.in_memory.storage import InMemoryStorage


def _store_modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(eeum.__path__, "eeum."):
        # Dry runs stage their writes in memory only.
        if module.name.endswith("store") and not module.name.startswith("eeum.dry_run."):
            yield importlib.import_module(module.name)


def _store_functions() -> list[tuple[type, str]]:
    return [
        (store, name)
        for module in _store_modules()
        for store in vars(module).values()
        if inspect.isclass(store) and store.__module__ == module.__name__ and store.__name__.endswith("Store")
        for name, member in vars(store).items()
        if inspect.isfunction(member) and not name.startswith("_")
    ]


def test_every_part_with_a_store_is_listed() -> None:
    stores = {store.__name__ for store, _ in _store_functions()}
    assert stores == {
        "AppropriationStore",
        "AuditStore",
        "BalanceStore",
        "BudgetStore",
        "CashbackStore",
        "ExpiryStore",
        "FoldStore",
        "DraftStore",
        "GapStore",
        "HistoryStore",
        "JournalStore",
        "MerchantStore",
        "MonthStore",
        "PageStore",
        "PassStore",
        "PaymentStore",
        "PolicyStore",
        "ProgressStore",
        "ProposalStore",
        "RebuildStore",
        "SimulationStore",
        "StatementStore",
        "WalletStore",
        "WatchStore",
    }


def test_every_function_of_every_store_is_in_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[str] = set()

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            called.add(function.__qualname__)
            return function(*arguments, **named)

        return call

    functions = _store_functions()
    for store, name in functions:
        monkeypatch.setattr(store, name, noted(getattr(store, name)))
    for case in all_cases():
        case(Recording(InMemoryStorage()))
    wanted = {f"{store.__name__}.{name}" for store, name in functions}
    assert called == wanted, f"no case of tests/contract/cases calls {sorted(wanted - called)}"


@pytest.mark.parametrize("table", list(Table))
def test_the_indexes_that_the_code_reads_are_those_of_the_template(table: Table) -> None:
    assert indexes_in_template(table) == indexes_in_code(table)


@pytest.mark.parametrize("table", list(Table))
def test_every_index_projects_whole_items_as_stores_need_them(table: Table) -> None:
    for index in definition_of(table).get("GlobalSecondaryIndexes", ()):
        # Passes read the keys of wallets, and then the wallets.
        expected = "KEYS_ONLY" if index["IndexName"] == BY_OPENING.name else "ALL"
        assert index["Projection"] == {"ProjectionType": expected}


@pytest.mark.parametrize("table", list(Table))
def test_items_are_keyed_by_pk_and_sk(table: Table) -> None:
    definition = definition_of(table)
    assert [(key["AttributeName"], key["KeyType"]) for key in definition["KeySchema"]] == [
        ("pk", "HASH"),
        ("sk", "RANGE"),
    ]
    assert {attribute["AttributeType"] for attribute in definition["AttributeDefinitions"]} == {"S"}
