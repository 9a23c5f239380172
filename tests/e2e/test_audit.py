"""The audit of the deployed city: from the command line while members pay, and each night by the state machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from operations import audit as command
from operations.stack import Stack
from tests.e2e.members import Member, pay
from tests.e2e.waiting import wait_for_cashback

SHOP = "운서 빵집"


@pytest.fixture(scope="module")
def stack(city: City) -> Iterator[Stack]:
    opened = Stack.local(city.emulator.port)
    yield opened
    opened.close()


@pytest.fixture
def member(api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]) -> Member:
    paying = new_member(charged=100_000)
    for amount in (10_000, 20_000):
        pay(api, tokens, paying, shops[SHOP], amount)
    wait_for_cashback(paying)
    return paying


def test_the_audit_finds_no_fault_with_a_member_who_paid(
    city: City, member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `make audit` runs it. Other tests put spoilt items into this city's ledger: the audit may name those, but not this member."""
    monkeypatch.setattr("sys.argv", ["audit", "--port", str(city.emulator.port), "--roots", str(tmp_path)])
    status = command.main()
    printed = capsys.readouterr().out
    assert status == (0 if "There are no deviations." in printed else 1)
    assert member.wallet not in printed
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_the_nightly_run_uses_the_state_machine_and_stores_its_record(city: City, stack: Stack, member: Member) -> None:
    answers = [city.calendar.run("LedgerAuditSchedule", city.clock.now()) for _ in range(2)]
    bucket = stack.resources["AuditRecordsBucket"]
    objects = stack.client("s3")
    for answer in answers:
        assert answer["checked"]["wallets"] >= 1
        objects.head_object(Bucket=bucket, Key=answer["report"])
    assert answers[1]["checked"]["roots_verified"] >= 1
