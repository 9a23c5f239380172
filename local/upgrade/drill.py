"""The drill: an earlier release runs a city for a day and leaves things unfinished; then the running city is updated while clients
continue. No stored item may be lost or changed, every request keeps its one entry and its one answer, and the audit must find
nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from eeum.audit.report import Report
from eeum.audit.root_folder import RootFolder
from local import building
from local.emulator import free_port
from local.failure import CityFailure
from local.killer import PatientCity
from local.roles import Tokens
from local.schedule import FIRST_OF_THE_MONTH, MONTH_CLOSING
from local.upgrade import evening
from local.upgrade.clients import Crowd, Member, Record, Till, arrive
from local.upgrade.release import Release
from local.upgrade.replacement import endangered
from local.upgrade.stored import Stored, answered_otherwise, changed, commands, lost, stored, uncounted
from operations import audit
from operations.catch_up import catch_up
from operations.deployed_city import city_of
from operations.fold import fold
from operations.rebuild import Waits, rebuild_balances
from operations.redrive import Outcome, redrive
from operations.stack import LOCAL, Stack

FIRST_DAY = "2021-01-29T09:00+09:00"
SECOND_DAY = "2021-01-30T12:00+09:00"
MONTH, NEXT_MONTH = "2021-01", datetime.fromisoformat("2021-02-01T00:00:00+09:00")
BEFORE_MIDNIGHT = timedelta(seconds=30)
"""How long before the end of the month clients begin, so that their requests fall in both months."""

MEMBERS = 4
AT_LEAST = 40
"""Requests that are answered before the update, and after it."""

GOING_ON_SECONDS = 300
POSTING_SECONDS = 180
REBUILD = Waits(counting=5, writing=5)
KEEPING = ("DynamoDB::Table", "S3::Bucket", "SQS::Queue", "Cognito::UserPool", "Cognito::UserPoolClient")
"""Resources that keep data, or whose names callers use."""

VERSIONED = ("Lambda::Version", "Lambda::LayerVersion", "Lambda::Permission")
"""Resources that differ with each release, so a change is expected."""

Say = Callable[[str], None]


@dataclass
class Drilled:
    """The result of a drill; `faults` are sentences about what an upgrade must not do."""

    release: str
    items_before: int
    entries_of_requests: int
    answered: int = 0
    during_update: int = 0
    sent_again: int = 0
    update_seconds: float = 0.0
    redriven: int = 0
    new_resources: list[str] = field(default_factory=list)
    frozen: str | None = None
    roots: list[str] = field(default_factory=list)
    audited: Report | None = None
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report for a person."""
        return [
            f"Release {self.release[:7]}: {self.items_before:,} items, {self.entries_of_requests:,} entries of requests.",
            f"The update took {self.update_seconds:.0f} s; {self.during_update:,} requests were answered meanwhile,"
            f" {self.answered:,} in all; {self.sent_again} had to be sent again.",
            f"New resources: {', '.join(self.new_resources) or 'none'}.",
            f"Dead letters redriven: {self.redriven}, the first of them left by the release on purpose.",
            f"Frozen afterwards: {self.frozen}; roots verified: {', '.join(self.roots)}.",
            *self.faults,
            "The city was upgraded: nothing is lost." if not self.faults else f"{len(self.faults)} faults.",
        ]


@dataclass
class Upgrading:
    """A city on the way from a release to this checkout."""

    city: PatientCity
    release: Release
    templates: tuple[Path, Path]
    data: Path
    stack: Stack
    tokens: Tokens
    record: Record
    say: Say


def drill(folder: Path, name: str, say: Say = lambda _: None, port: int | None = None) -> Drilled:
    """A city below `folder` from the release `name` to this checkout. Raises `CityFailure` and `OperationFailed`."""
    release, port, data = Release.unpacked(name), port or free_port(), folder / "city"
    say(f"Building {release.commit[:7]} and this checkout.")
    templates = release.build(), building.build()
    say(f"{release.commit[:7]} opens a city, and runs a day in it.")
    with release.running(data, port, FIRST_DAY):
        release.command(data, "local.demo")
    city = PatientCity(data, port, say)
    city.start(templates[0], SECOND_DAY)
    stack = Stack.local(port)
    try:
        tokens = city.sign_everyone_in()
        record = Record(lambda: city.api, tokens)
        return _upgraded(Upgrading(city, release, templates, data, stack, tokens, record, say))
    finally:
        stack.close()
        city.stop()


def _upgraded(upgrading: Upgrading) -> Drilled:
    city, release = upgrading.city, upgrading.release
    release.command(upgrading.data, "operations.audit", "--port", str(city.emulator.port))
    roots = RootFolder(upgrading.data / "roots").dates()
    tills = _tills(upgrading)
    upgrading.say("The release leaves holds, payments to cancel, a draft, applications and a dead letter.")
    unfinished = [evening.begin(till) for till in tills]
    draft = evening.propose(city.api, upgrading.tokens, release.folder / "policies")
    evening.dead_letter(city, *_member(upgrading, "parked"))
    before, done = _update_while_they_pay(upgrading, tills)

    upgrading.say("Finishing what the release began.")
    for each in unfinished:
        evening.finish(each)
    done.faults += evening.decide(city.api, upgrading.tokens, draft)
    _settle(upgrading, done)
    _compare(upgrading, before, done)
    _look_at_the_books(upgrading, roots, done)
    done.sent_again = city.persistence.sent_again
    return done


def _tills(upgrading: Upgrading) -> list[Till]:
    return [_member(upgrading, f"drill-{number}")[1] for number in range(MEMBERS)]


def _member(upgrading: Upgrading, name: str) -> tuple[Member, Till]:
    opened = upgrading.city.opened
    assert opened
    member = arrive(upgrading.city, upgrading.record, name)
    # Each has its own random numbers, so that the order of threads changes nothing.
    return member, Till(upgrading.record, member, [opened.shop], random.Random(name))


def _update_while_they_pay(upgrading: Upgrading, tills: Sequence[Till]) -> tuple[Stored, Drilled]:
    """Return what was stored just before the update, and the result of the update."""
    city, record = upgrading.city, upgrading.record
    city.move_clock(NEXT_MONTH - BEFORE_MIDNIGHT)
    resources = _resources(upgrading.stack)
    with Crowd(tills) as crowd:
        _go_on(crowd, record, AT_LEAST)
        with evening.stream_waiting(city):
            _go_on(crowd, record, AT_LEAST // 4)
        # Functions of both releases accrue waiting and new payments while they are replaced.
        before = stored(city)
        done = Drilled(upgrading.release.commit, len(before), len(commands(before)))
        upgrading.say("Updating the city to this checkout while clients continue.")
        began, answered = time.monotonic(), len(record.answered)
        city.update(upgrading.templates[1])
        done.update_seconds = time.monotonic() - began
        done.during_update = len(record.answered) - answered
        _go_on(crowd, record, AT_LEAST, until=NEXT_MONTH + timedelta(seconds=2), clock=city.clock.now)
    done.faults += _misplaced(resources, _resources(upgrading.stack), done)
    templates = [yaml_parse(each.read_text()) for each in upgrading.templates]
    done.faults += endangered(*templates)
    return before, done


def _go_on(
    crowd: Crowd,
    record: Record,
    more: int,
    until: datetime | None = None,
    clock: Callable[[], datetime] | None = None,
) -> None:
    """Wait for so many more answers, and until an instant of the city's time."""
    wanted, deadline = len(record.answered) + more, time.monotonic() + GOING_ON_SECONDS
    while crowd.going_on and (len(record.answered) < wanted or (until and clock and clock() < until)):
        if time.monotonic() > deadline:
            raise CityFailure(f"Clients had {len(record.answered)} answers after {GOING_ON_SECONDS} s, not {wanted}.")
        time.sleep(0.1)


def _resources(stack: Stack) -> dict[str, tuple[str, str]]:
    """Type and physical id by logical id."""
    pages = stack.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return {
        each["LogicalResourceId"]: (each["ResourceType"].removeprefix("AWS::"), each.get("PhysicalResourceId", ""))
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def _misplaced(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]], done: Drilled) -> list[str]:
    """Resources that keep data and were replaced by the update."""
    new = sorted(after.keys() - before.keys())
    done.new_resources = [name for name in new if after[name][0] not in VERSIONED]
    return [
        f"{name} was {physical}, and is {after.get(name, ('', 'gone'))[1]}"
        for name, (kind, physical) in before.items()
        if kind in KEEPING and after.get(name) != (kind, physical)
    ]


def _settle(upgrading: Upgrading, done: Drilled) -> None:
    """Post what waited, redrive the dead letter and close the month, all with this checkout."""
    city, stack = upgrading.city, upgrading.stack
    stack.__dict__.pop("resources", None)  # looked up again: there may be new ones
    letters = redrive(stack)
    done.redriven = len(letters)
    if not letters or any(each.outcome is not Outcome.POSTED for each in letters):
        done.faults.append(f"dead letters: {', '.join(map(str, letters)) or 'that of the release is gone'}")
    if waiting := city.drain(POSTING_SECONDS):
        done.faults.append(f"the stream did not deliver {waiting} entries during the update")
    caught_up = catch_up(stack)
    if caught_up["posted"] or caught_up["unposted"]:
        done.faults.append(f"a catch-up found what was not posted: {caught_up}")
    city.calendar.run(FIRST_OF_THE_MONTH, NEXT_MONTH)
    city.move_clock(NEXT_MONTH + timedelta(hours=1, minutes=1))
    done.frozen = city.calendar.run(MONTH_CLOSING, city.clock.now())["frozen"]
    if done.frozen != MONTH:
        done.faults.append(f"the month of the release is not frozen: {done.frozen}")


def _compare(upgrading: Upgrading, before: Stored, done: Drilled) -> None:
    """Check that no stored item is lost or changed, and that each request has its entry and its answer."""
    upgrading.say("Asking every request again, and comparing what is stored.")
    record = upgrading.record
    done.answered = len(record.answered)
    done.faults += answered_otherwise(list(record.answered), record.send)
    after = stored(upgrading.city)
    done.faults += lost(before, after) + changed(before, after)
    unasked: Stored = {place: item for place, item in before.items() if not _is_of(item, record)}
    done.faults += uncounted(record.answered, unasked, after)


def _is_of(item: dict[str, Any], record: Record) -> bool:
    return item.get("id", {}).get("S") in {each.answer["id"] for each in record.answered}


def _look_at_the_books(upgrading: Upgrading, roots: Sequence[str], done: Drilled) -> None:
    """Check that folded balances equal the journal, and that the audit, with every root of the release, finds nothing."""
    stack = upgrading.stack
    upgrading.say("Rebuilding balances, and auditing.")
    if not upgrading.city.drain_balances(POSTING_SECONDS):
        done.faults.append("the balances lack entries that the stream should have delivered during the update")
    fold(stack)
    rebuilt = rebuild_balances(stack, REBUILD)
    done.faults += [f"a balance was not the journal's: {holder}" for holder in rebuilt.differing]
    done.faults += [f"an entry is in no balance: {each}" for each in rebuilt.found.unreadable]
    audited_city, now = city_of(stack, LOCAL)
    folder = RootFolder(upgrading.data / "roots")
    done.audited = audit.audit(audited_city, folder, now, lambda _: None, processes=1, most_roots=None)
    done.roots = list(done.audited.roots_verified)
    done.faults += [f"audit: {each}" for each in done.audited.deviations]
    if not roots or not set(roots) <= set(done.roots):
        done.faults.append(f"the release has {roots} roots, but {done.roots} were verified")
