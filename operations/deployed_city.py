"""A deployed city as commands read it: its tables, its current time and its daily roots.

The simulator's environment has what this module needs; commands that show progress need more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eeum.audit.root_folder import RootFolder
from eeum.audit.roots import RootStore
from eeum.aws.clients import session
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.calendar import SEOUL
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook, book_of
from eeum.storage import Table
from eeum.unit_of_work import Patience
from local import places
from local.emulator import ACCESS_KEY, SECRET_KEY
from operations.failure import OperationFailed
from operations.stack import LOCAL, Stack

READ_SECONDS = 60.0


@dataclass(frozen=True)
class City:
    """Where a city's tables are, in a form that other processes can receive. `endpoint` is the local city's; None means AWS."""

    programme: str
    region: str
    tables: dict[Table, str]
    endpoint: str | None = None

    def storage(self) -> DynamoDbStorage:
        known, secret = (ACCESS_KEY, SECRET_KEY) if self.endpoint else (None, None)
        client = session().create_client(
            "dynamodb", self.region, endpoint_url=self.endpoint, aws_access_key_id=known, aws_secret_access_key=secret
        )
        return DynamoDbStorage(client, self.tables)

    def policies(self, storage: DynamoDbStorage) -> PolicyBook:
        return book_of(PolicyStore(storage, Patience(lambda: READ_SECONDS, time.sleep), self.programme))


def city_of(stack: Stack, stage: str) -> tuple[City, datetime]:
    """The city of a stack, and its current time, which is shifted in the local city. Raises `OperationFailed`."""
    resources = stack.resources
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    try:
        tables = {table: resources[f"{table.name.capitalize()}Table"] for table in Table}
    except KeyError as missing:
        raise OperationFailed(f"The stack {stack.name} has no {missing}; deploy it again.") from None
    client = stack.client("dynamodb")
    endpoint = client.meta.endpoint_url if stage == LOCAL else None
    shift = timedelta(seconds=int(parameters.get("ClockShiftSeconds") or 0))
    city = City(parameters.get("Programme") or places.PROGRAMME, client.meta.region_name, tables, endpoint)
    return city, (datetime.now(UTC) + shift).astimezone(SEOUL)


def roots_of(stack: Stack, stage: str) -> RootStore:
    """A folder beside the local city's data; elsewhere a bucket of the stack."""
    if stage == LOCAL:
        return RootFolder(places.DATA / "roots")
    from eeum.aws.roots import RootBucket

    return RootBucket(stack.client("s3"), stack.resources["AuditRecordsBucket"])
