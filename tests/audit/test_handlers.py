"""The functions of the nightly audit: parts of segments in a bucket, and their conclusion."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from eeum.aws.audit_parts import AuditParts, PartsApart
from eeum.aws.roots import RootBucket
from eeum.aws.settings import Settings
from eeum.cashback.catch_up import CatchUp
from eeum.cashback.gap_store import GapStore
from eeum.composition import City
from eeum.storage import Add, Key, Scan, Table, Update
from tests.audit.life import DAY, FEBRUARY, project, several, store_history
from tests.in_memory.storage import InMemoryStorage
from tests.use_cases.world import World

ENVIRONMENT = {
    "STAGE": "dev",
    "PROGRAMME": "incheon",
    "LEDGER_TABLE": "ledger",
    "PROGRAMME_TABLE": "programme",
    "BALANCES_TABLE": "balances",
    "AUDIT_RECORDS_BUCKET": "records",
    "AUDIT_PARTS_BUCKET": "parts",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_SERVICE_NAME": "ledger_audit",
}


class SmallPages(InMemoryStorage):
    def scan(self, scan: Scan) -> Any:
        return super().scan(replace(scan, limit=7))


@dataclass
class Night:
    """The two functions with a storage, and the bucket of records."""

    world: World
    app: Any
    conclusion: Any
    s3: Any

    def segments(self, count: int, seconds: float = 600) -> list[dict[str, Any]]:
        """The last answer of each segment, as the state machine has it."""
        context = SimpleNamespace(
            get_remaining_time_in_millis=lambda: seconds * 1000,
            function_name="audit",
            memory_limit_in_mb=1024,
            invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:audit",
            aws_request_id="1",
        )
        answers = []
        for number in range(count):
            event: dict[str, Any] = {"segment": number, "segments": count, "resume": ""}
            while event["resume"] is not None:
                event = json.loads(json.dumps(self.app.handler(event, context)))
            answers.append(event)
        return answers

    def conclude(self, answers: list[dict[str, Any]]) -> dict[str, Any]:
        context = SimpleNamespace(
            function_name="audit",
            memory_limit_in_mb=1024,
            invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:audit",
            aws_request_id="1",
        )
        answer: dict[str, Any] = self.conclusion.handler({"found": answers}, context)
        return answer


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    world = World(SmallPages())
    store_history(world)
    several(world, 4)
    catch_up = CatchUp(GapStore(world.memory), world.accrual())
    for wallet_id in {item["pk"].removeprefix("WALLET#") for item in world.entries("wallet")}:
        catch_up.wallet(world.wallet(wallet_id))
    project(world.memory)
    with mock_aws():
        s3 = botocore.session.get_session().create_client("s3", "us-east-1")
        s3.create_bucket(Bucket="records", ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket="parts")
        modules = [importlib.import_module(f"ledger_audit.{name}") for name in ("app", "conclusion")]
        for module in modules:
            city = City(Settings.of(ENVIRONMENT), world.memory, lambda: FEBRUARY + DAY)
            monkeypatch.setattr(module, "city", city)
            monkeypatch.setattr(module, "roots", RootBucket(s3, "records"))
            monkeypatch.setattr(module, "parts", AuditParts(s3, "parts"))
        yield Night(world, *modules, s3)
        s3.close()


def test_an_audit_in_one_call_and_one_in_many_calls_give_the_same_result(night: Night) -> None:
    whole = night.segments(1)
    in_parts = night.segments(3, seconds=1)
    assert [answer["parts"] for answer in whole] == [1]
    assert sum(answer["parts"] for answer in in_parts) > 6
    assert sum(answer["wallets"] for answer in in_parts) == whole[0]["wallets"] == 5
    first, second = night.conclude(in_parts), night.conclude(night.segments(1))
    assert first["deviations"] == second["deviations"] == 0
    assert (first["checked"]["entries"], first["checked"]["roots_verified"]) == (second["checked"]["entries"], 0)
    # The audit in one part verifies the root of the audit in many parts.
    assert (bool(first["root"]), second["root"], second["checked"]["roots_verified"]) == (True, None, 1)


def test_what_deviates_is_in_the_report_the_log_and_the_metric(
    night: Night, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[str] = []
    monkeypatch.setattr(night.conclusion.logger, "error", lambda message, **about: named.append(about["wallet"]))
    wallet = night.world.entries("wallet")[0]
    night.world.send(Update(Key(Table.LEDGER, wallet["pk"], "WALLET"), (Add(("purses", "charged", "amount"), 1),)))
    answer = night.conclude(night.segments(2, seconds=1))
    assert answer["deviations"] == 1
    report = json.loads(night.s3.get_object(Bucket="records", Key=answer["report"])["Body"].read())
    assert [(each["check"], each["wallet_id"]) for each in report["deviations"]] == [("balance", wallet["pk"][7:])]
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["AuditDeviations"] for line in printed if "_aws" in line] == [[1.0]]
    assert named == [wallet["pk"][7:]]


def test_two_audits_at_the_same_time_raise_no_false_alarm(night: Night) -> None:
    """A second audit overwrites the first one's parts; the beginnings and ends of parts show that they do not belong together."""
    answers = night.segments(1, seconds=1)
    night.segments(1)
    with pytest.raises(PartsApart):
        night.conclude(answers)
    assert RootBucket(night.s3, "records").dates() == []


def test_an_audit_in_many_calls_stores_the_root_of_one_call(night: Night) -> None:
    """Each call stores its heads in their order; the conclusion merges them, and never has all in memory."""
    night.conclude(night.segments(3, seconds=1))
    (date,) = RootBucket(night.s3, "records").dates()
    stored = list(RootBucket(night.s3, "records").heads(date))
    assert len(stored) == 5
    assert stored == sorted(stored)
    listed = night.s3.list_objects_v2(Bucket="parts")["Contents"]
    assert len([each for each in listed if each["Key"].endswith(".heads")]) > 6
    parts = [json.loads(night.s3.get_object(Bucket="parts", Key=each["Key"])["Body"].read())
             for each in listed if each["Key"].endswith(".json")]  # fmt: skip
    assert all(part["found"]["heads"] == {} for part in parts)


def test_further_deviations_are_counted_and_not_named(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    for wallet in night.world.entries("wallet"):
        night.world.send(Update(Key(Table.LEDGER, wallet["pk"], "WALLET"), (Add(("purses", "charged", "amount"), 1),)))
    every = night.conclude(night.segments(2, seconds=1))["deviations"]
    assert every >= 5
    monkeypatch.setattr("eeum.audit.use_cases.MOST_NAMED", 2)
    answer = night.conclude(night.segments(2, seconds=1))
    report = json.loads(night.s3.get_object(Bucket="records", Key=answer["report"])["Body"].read())
    assert [each["check"] for each in report["deviations"]] == ["balance", "balance", "further_deviations"]
    assert report["deviations"][2]["detail"] == f"the audit found {every - 2} further deviations"
