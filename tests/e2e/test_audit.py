"""The audit of the deployed city: by hand, while members pay, and every night through the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eeum.audit.root_folder import RootFolder
from local.api import Api
from local.city import City
from local.roles import Tokens
from operations import audit as command
from operations.stack import LOCAL, Stack
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


def _of(report: Any, member: Member) -> list[Any]:
    """Other tests of this city put things into its ledger that nobody else could."""
    return [each for each in report.deviations if each.wallet_id == member.wallet]


def test_nothing_is_wrong_with_a_member_who_paid(stack: Stack, member: Member, tmp_path: Path) -> None:
    city, now = command.city_of(stack, LOCAL)
    report = command.audit(city, RootFolder(tmp_path), now, lambda _: None, processes=1)
    assert report.checked["wallets"] >= 1
    assert _of(report, member) == []


def test_the_nightly_run_goes_through_the_machine_and_keeps_its_records(
    city: City, stack: Stack, member: Member
) -> None:
    answers = [city.calendar.run("LedgerAuditSchedule", city.clock.now()) for _ in range(2)]
    bucket = stack.resources["AuditRecordsBucket"]
    objects = stack.client("s3")
    for answer in answers:
        assert answer["checked"]["wallets"] >= 1
        objects.head_object(Bucket=bucket, Key=answer["report"])
    assert answers[1]["checked"]["roots_verified"] >= 1
