"""Tables, queues and buckets: what is kept, for how long, and who can read it."""

import pytest

from eeum.publishing.parts import PUBLISHED
from eeum.simulations.rules import ATTEMPTS, LONGEST
from eeum.storage import Table
from tests.template.template import QUEUE, TABLE, resources, template

every_table = pytest.mark.parametrize("table", sorted(resources(TABLE)))


def test_there_is_a_table_for_each_part_that_owns_data() -> None:
    assert set(resources(TABLE)) == {f"{table.name.capitalize()}Table" for table in Table}


@every_table
def test_a_table_is_paid_by_the_request_encrypted_and_can_be_put_back(table: str) -> None:
    properties = resources(TABLE)[table]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@every_table
def test_a_table_outlives_its_stack_and_cannot_be_deleted_in_production(table: str) -> None:
    assert template()["Resources"][table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template()["Resources"][table]["UpdateReplacePolicy"] == "Retain"
    assert resources(TABLE)[table]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert "TableName" not in resources(TABLE)[table]  # a fixed name would prevent replacement


@every_table
def test_a_table_is_found_by_two_texts(table: str) -> None:
    keys = [(key["AttributeName"], key["KeyType"]) for key in resources(TABLE)[table]["KeySchema"]]
    assert keys == [("pk", "HASH"), ("sk", "RANGE")]


def test_indexes_are_those_that_the_stores_ask() -> None:
    indexes = {
        (table, index["IndexName"]): [key["AttributeName"] for key in index["KeySchema"]]
        for table, properties in resources(TABLE).items()
        for index in properties.get("GlobalSecondaryIndexes", [])
    }
    assert indexes == {
        ("LedgerTable", "by_merchant"): ["merchant_id", "id"],
        ("LedgerTable", "by_expiry"): ["expiring", "expires_at"],
        ("LedgerTable", "by_opening"): ["opened_at", "pk"],
        ("MerchantsTable", "by_listing"): ["listed_in", "listing"],
        ("MerchantsTable", "by_review"): ["review", "applied_at"],
        ("MerchantsTable", "by_owner"): ["owner", "id"],
    }


def test_the_tables_have_streams_of_what_is_published() -> None:
    streaming = {
        name: each["StreamSpecification"] for name, each in resources(TABLE).items() if "StreamSpecification" in each
    }
    published = {f"{table.name.capitalize()}Table" for table in PUBLISHED}
    assert streaming == {name: {"StreamViewType": "NEW_IMAGE"} for name in ("LedgerTable", *published)}


def test_only_batches_of_balances_expire() -> None:
    """Only batches have the attribute; the journal is kept permanently."""
    expiring = {
        name: each["TimeToLiveSpecification"]
        for name, each in resources(TABLE).items()
        if "TimeToLiveSpecification" in each
    }
    assert expiring == {"BalancesTable": {"AttributeName": "expires_at", "Enabled": True}}


@pytest.mark.parametrize("queue", sorted(set(resources(QUEUE)) - {"SimulationsQueue", "CashbackSlowQueue"}))
def test_what_failed_is_kept_encrypted_for_fourteen_days(queue: str) -> None:
    kept = {"MessageRetentionPeriod": 14 * 24 * 60 * 60, "SqsManagedSseEnabled": True}
    # A dead-letter queue must be of the same kind as its source queue.
    in_order = {"FifoQueue": True} if queue == "CashbackSlowDeadLetterQueue" else {}
    assert resources(QUEUE)[queue] == kept | in_order


def test_what_a_long_month_fails_with_ten_times_is_kept() -> None:
    queue = resources(QUEUE)["CashbackSlowQueue"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["CashbackSlowDeadLetterQueue", "Arn"]},
        "maxReceiveCount": 10,
    }
    assert queue["SqsManagedSseEnabled"] is True


def test_a_simulation_that_fails_comes_again_when_its_attempt_is_over_and_is_kept_in_the_end() -> None:
    queue = resources(QUEUE)["SimulationsQueue"]
    worker = resources("AWS::Serverless::Function")["PolicySimulationWorkerFunction"]
    assert worker["Timeout"] == LONGEST.total_seconds() < queue["VisibilityTimeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["SimulationsDeadLetterQueue", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert queue["RedrivePolicy"]["maxReceiveCount"] > ATTEMPTS
    assert queue["SqsManagedSseEnabled"] is True


def test_records_of_the_audit_are_locked_and_for_as_long_as_a_city_chose_in_production() -> None:
    bucket = resources("AWS::S3::Bucket")["AuditRecordsBucket"]
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": {"Fn::If": ["IsProduction", "COMPLIANCE", "GOVERNANCE"]},
        "Days": {"Fn::If": ["IsProduction", {"Ref": "RecordRetentionDays"}, 1]},
    }
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert template()["Resources"]["AuditRecordsBucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template()["Resources"]["AuditRecordsBucket"]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("bucket", sorted(resources("AWS::S3::Bucket")))
def test_a_bucket_is_encrypted_and_private(bucket: str) -> None:
    properties = resources("AWS::S3::Bucket")[bucket]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
