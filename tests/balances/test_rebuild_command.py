"""`make rebuild`: which event source it switches, how long it waits, its output, and its exit status."""

from __future__ import annotations

import sys
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from eeum.balances.rebuild import Found, Rebuilt
from eeum.balances.rules import Holder
from eeum.calendar import SEOUL
from eeum.journal.accounts import HolderKind
from operations import rebuild as command
from operations.failure import OperationFailed
from operations.rebuild import Source, Waits, report_lines, waits_of

CUT = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)
SHOP = Holder(HolderKind.MERCHANT, "shop")
CITY = Holder(HolderKind.FUNDER, "city", "2021")


class Lambda:
    """Event sources and functions as AWS describes them; a source switches with a delay."""

    def __init__(self, *functions: str, timeouts: dict[str, int] | None = None) -> None:
        arn = "arn:aws:lambda:ap-northeast-2:000000000000:function:"
        self.sources = {f"id-{name}": {"FunctionArn": f"{arn}{name}:live", "State": "Enabled"} for name in functions}
        self.timeouts = timeouts or {}
        self.switched: list[tuple[str, bool]] = []

    def list_event_source_mappings(self, EventSourceArn: str) -> Any:  # noqa: N803
        assert EventSourceArn == "the ledger's stream"
        return {"EventSourceMappings": [{"UUID": key, **source} for key, source in self.sources.items()]}

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803
        self.switched.append((UUID, Enabled))
        self.sources[UUID]["State"] = "Enabling" if Enabled else "Disabling"

    def get_event_source_mapping(self, UUID: str) -> Any:  # noqa: N803
        before = self.sources[UUID]["State"]
        self.sources[UUID]["State"] = {"Enabling": "Enabled", "Disabling": "Disabled"}.get(before, before)
        return {"State": before}

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803
        variables = {} if FunctionName.startswith("reader") else {"LEDGER_TABLE": "ledger"}
        return {"Timeout": self.timeouts[FunctionName], "Environment": {"Variables": variables}}


def stack(functions: Lambda, **resources: str) -> Any:
    tables = SimpleNamespace(describe_table=lambda **_: {"Table": {"LatestStreamArn": "the ledger's stream"}})
    clients = {"lambda": functions, "dynamodb": tables}
    known = {"LedgerTable": "ledger", "BalanceProjectionFunction": "projection", **resources}
    names = {name: known[name] for name in known if name.endswith("Function")}
    return SimpleNamespace(client=clients.__getitem__, resources=known, functions=names)


def test_it_switches_the_projection_s_own_source_and_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.rebuild.time.sleep", lambda _: None)
    functions = Lambda("cashback", "projection")
    source = Source(stack(functions))

    source.switch(on=False)
    assert functions.sources["id-projection"]["State"] == "Disabled"
    source.switch(on=True)

    assert functions.switched == [("id-projection", False), ("id-projection", True)]
    assert functions.sources["id-cashback"]["State"] == "Enabled"


@pytest.mark.parametrize("functions", [("cashback",), ("projection", "projection:other")])
def test_it_refuses_to_choose_without_exactly_one_source(functions: tuple[str, ...]) -> None:
    with pytest.raises(OperationFailed, match="event sources"):
        Source(stack(Lambda(*functions)))


def test_it_waits_as_long_as_functions_may_run() -> None:
    timeouts = {"projection": 60, "writer": 600, "other writer": 15, "reader": 900}
    resources = {"WriterFunction": "writer", "OtherFunction": "other writer", "ReaderFunction": "reader"}
    versions = {"WriterFunctionAliaslive": "arn:…:writer:live"}

    assert waits_of(stack(Lambda("projection", timeouts=timeouts), **resources, **versions)) == Waits(60, 600)


def rebuilt(**found: Any) -> Rebuilt:
    differing = {
        SHOP: ({"payable": 5, "reward": 0}, {"payable": 1_000, "reward": -20}),
        CITY: ({"balance": 0}, {"balance": -7}),
    }
    return Rebuilt(CUT, Found(entries=12, **found), 30, differing)


def test_it_prints_which_balances_were_wrong_and_which_entries_it_could_not_count() -> None:
    assert report_lines(rebuilt(unreadable=[("WALLET#1", "PAYMENT#2", "its postings do not balance")])) == [
        "12 entries before 2021-01-05 12:00:00 give 30 balances, 2 of which have changed.",
        "  merchant shop: payable 5, reward 0, now payable 1,000, reward -20",
        "  funder city 2021: balance 0, now balance -7",
        "  not counted: WALLET#1 PAYMENT#2: its postings do not balance",
    ]


def test_it_prints_only_the_first_of_many_balances() -> None:
    many = {Holder(HolderKind.MERCHANT, f"shop-{n:03}"): ({"payable": 0}, {"payable": n}) for n in range(50)}

    lines = report_lines(Rebuilt(CUT, Found(), 50, many))

    assert len(lines) == 22
    assert lines[-1] == "  … and 30 more"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (rebuilt(), 0),
        (rebuilt(unreadable=[("WALLET#1", "PAYMENT#2", "unreadable")]), 1),
        (OperationFailed("Another rebuild is under way."), 2),
    ],
)
def test_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], outcome: Rebuilt | OperationFailed, status: int
) -> None:
    waited: list[Waits] = []

    def answer(stack: object, waits: Waits, say: object) -> Rebuilt:
        waited.append(waits)
        if isinstance(outcome, OperationFailed):
            raise outcome
        return outcome

    monkeypatch.setattr(command, "stack_of", lambda arguments: None)
    monkeypatch.setattr(command, "rebuild_balances", answer)
    monkeypatch.setattr(sys, "argv", ["rebuild", "--stage", "local"])

    assert command.main() == status
    assert waited == [Waits(15, 15)]
    assert ("Another rebuild" in capsys.readouterr().err) == (status == 2)
