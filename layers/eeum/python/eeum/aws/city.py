"""Where a function is put together: settings, storage, clock and policies, made once when it starts."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import botocore.session
from botocore.config import Config

from eeum.aws.clock import Clock, shifted_clock
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.aws.settings import Settings
from eeum.cashback.store import CashbackStore
from eeum.merchants.store import MerchantStore
from eeum.months.store import MonthStore
from eeum.payments.store import PaymentStore
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import CachedPolicies, PolicyBook
from eeum.storage import Storage
from eeum.unit_of_work import Patience
from eeum.wallet.store import WalletStore

CONNECT_SECONDS = 1.0
READ_SECONDS = 1.5
ATTEMPTS = 2
RESERVED_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + 0.5
"""Kept of a function's time for one more call and the answer: a caller is told to retry before the function times out."""


class LambdaContext(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def aws_client(service: str) -> Any:
    """A client through botocore alone: boto3's resources, which nobody here uses, cost each cold start 50 ms.

    Failed calls are tried again by the client itself, with the same token; a call that hangs is given up in time to try once more.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return botocore.session.get_session().create_client(service, config=config)


@dataclass
class City:
    """What the handlers of a function work with. Stores are made for each invocation, since each has its own time left."""

    settings: Settings
    storage: Storage
    clock: Clock

    def __post_init__(self) -> None:
        patience = Patience(lambda: 5.0, time.sleep)
        self._policies = CachedPolicies(PolicyStore(self.storage, patience, self.settings.programme), time.monotonic)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "City":
        """Raises `SettingsError` when the environment is not what the template gives."""
        settings = Settings.of(environment)
        storage = DynamoDbStorage(aws_client("dynamodb"), settings.tables)
        return cls(settings, storage, shifted_clock(settings.clock_shift))

    def patience(self, context: LambdaContext) -> Patience:
        return Patience(lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS, time.sleep)

    def policies(self) -> PolicyBook:
        """The programme's policies, at most 60 s old."""
        return self._policies.book()

    def wallets(self, context: LambdaContext) -> WalletStore:
        return WalletStore(self.storage, self.patience(context))

    def payments(self, context: LambdaContext) -> PaymentStore:
        return PaymentStore(self.storage, self.patience(context))

    def cashback(self) -> CashbackStore:
        return CashbackStore(self.storage)

    def merchants(self, context: LambdaContext) -> MerchantStore:
        return MerchantStore(self.storage, self.patience(context))

    def months(self, context: LambdaContext) -> MonthStore:
        return MonthStore(self.storage, self.patience(context), self.settings.programme)

    def policy_store(self, context: LambdaContext) -> PolicyStore:
        return PolicyStore(self.storage, self.patience(context), self.settings.programme)
