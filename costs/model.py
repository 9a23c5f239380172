"""What a city uses of AWS in a month, line by line: measured units and times, the template, and simulated batches of the stream.

`SUPPOSED` has what was not measured; each has its reason, and the page lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from costs.arrivals import TOP_UPS, Batching, Load, Mapping, simulate
from costs.deployed import Deployed
from costs.prices import Prices

MONTHS = 12
DAYS = 365 / MONTHS
SECONDS = DAYS * 86_400
GB = 1_000_000_000
READ_BYTES = 4_096
SHARD_BYTES = 10 * GB
FIRST_SHARDS = 4
"""A new table on demand has four partitions; later a partition has at most 10 GB."""
FULL_PROCESSOR_MB = 1_769
"""Lambda gives a whole processor with this memory, and less in proportion."""
ITEM_BYTES = 100
"""What DynamoDB adds to the bytes of each stored item, and of each item of an index."""

SUPPOSED = {
    "trip_ms": (8.0, "milliseconds that a function waits for one call of DynamoDB or the bus"),
    "cancelled": (
        0.01,
        "cancellations for each payment, of 14 write units each: 8 of the request, 6 of its correction",
    ),
    "views": (1.0, "looks into the app for each payment, each reading the wallet and the month's payments"),
    "files": (3.0, "files of the pages that a look loads, not found in the browser's cache"),
    "platform_log_bytes": (550.0, "bytes of Lambda's own two lines for each call, where it writes them"),
    "access_log_bytes": (420.0, "bytes of the API's line for each request"),
    "header_bytes": (700.0, "bytes of an answer's headers"),
    "compressed": (0.15, "bytes of a stored log for each byte taken in"),
    "api_metrics": (6.0, "metrics of each route"),
    "restored": (0.001, "starts from a snapshot for each call"),
    "statement_bytes": (500.0, "bytes of a member's statement of a month"),
    "audit_processor_ms": (
        0.64,
        "processor milliseconds of the audit for each payment: 64 s for 100,000, by docs/performance.md",
    ),
    "index_read_units": (1_000.0, "read units of one catch-up that reads an index of what is due, not the ledger"),
    "scheduled_gb_seconds": (60_000.0, "GB-seconds a month of the fold and of other functions that a schedule starts"),
    "transitions": (30_000.0, "state transitions a month of the catch-up, closing and audit, in four segments"),
    "root_bytes": (106.0, "bytes for each wallet that the audit keeps every day"),
}


@dataclass(frozen=True)
class City:
    """A city's size: members, payments a year, and the years that its ledger has been filled. All are above 0."""

    members: int = 1_400_000
    payments: int = 100_000_000
    years: float = 1.0
    identity: str = "own"
    """`own` (a provider of the city's), `cognito-lite` or `cognito-essentials`."""
    scans: bool = False
    """Whether the hourly catch-up reads the whole ledger, instead of an index of what is due."""


@dataclass(frozen=True)
class Line:
    """One line of the bill: USD a month, and the part of it that another payment adds to."""

    service: str
    what: str
    units: float
    price: str
    usd: float
    by_payments: bool
    """Whether it is for payments themselves, and grows with them alone."""


@dataclass(frozen=True)
class Estimate:
    """The bill of a month, and how payments met in the readers' batches."""

    city: City
    lines: tuple[Line, ...]
    cashback: Batching
    shards: int
    ledger_gb: float

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def usd_per_million(self) -> float:
        """USD that a million payments add: authorised, posted, published, counted and logged, with their top-ups."""
        payments = self.city.payments / MONTHS
        return sum(line.usd for line in self.lines if line.by_payments) / payments * 1_000_000


def supposed(name: str) -> float:
    return SUPPOSED[name][0]


def estimate(city: City, usage: dict[str, Any], deployed: Deployed, prices: Prices) -> Estimate:
    """Estimate the monthly bill at the end of `city.years` years."""
    stored = _Stored.of(city, usage)
    shards = max(FIRST_SHARDS, round(stored.table / SHARD_BYTES))
    load = Load(city.payments / MONTHS / SECONDS, shards)
    cashback = simulate(load, Mapping(window=deployed.cashback_window))
    counted = simulate(load, Mapping(batch_size=1_000, window=deployed.balance_window))
    month = _Month(city, usage, deployed, prices, stored, cashback, counted)
    return Estimate(city, tuple(month.lines()), cashback, shards, stored.table / GB)


@dataclass(frozen=True)
class _Stored:
    """Bytes of the ledger's table, and of its index by merchant."""

    table: float
    index: float

    @classmethod
    def of(cls, city: City, usage: dict[str, Any]) -> _Stored:
        sizes = {kind: size + ITEM_BYTES for kind, size in usage["stored_bytes"].items()}
        # A top-up also has the claim of its bank's reference, which is a small item.
        of_payment = sizes["payment"] + sizes["earning"] + (sizes["top_up"] + 2 * ITEM_BYTES) / TOP_UPS
        statements = city.members * MONTHS * (supposed("statement_bytes") + ITEM_BYTES)
        paid = city.payments * city.years
        table = paid * of_payment + city.members * sizes["wallet"] + statements * city.years
        return cls(table, paid * sizes["payment"])


@dataclass(frozen=True)
class _Month:
    city: City
    usage: dict[str, Any]
    deployed: Deployed
    prices: Prices
    stored: _Stored
    cashback: Batching
    counted: Batching

    def lines(self) -> Iterator[Line]:
        yield from self._database()
        yield from self._functions()
        yield from self._requests()
        yield from self._watching()
        yield from self._members()

    @property
    def payments(self) -> float:
        return self.city.payments / MONTHS

    @property
    def views(self) -> float:
        return self.payments * supposed("views")

    @property
    def scan_units(self) -> float:
        """Read units of reading the whole ledger once, consistently."""
        return self.stored.table / READ_BYTES

    def _line(self, service: str, what: str, units: float, price: str, *, by_payments: bool = False) -> Line:
        known = self.prices.of[price]
        # What a payment adds is never free: free units are used up by what comes first.
        usd = units * known.marginal if by_payments else known.of(units)
        return Line(service, what, units, price, usd, by_payments)

    def _database(self) -> Iterator[Line]:
        used, cashback = self.usage, self.cashback
        posting, appended = used["posting"], used["balances"]["write_units"]
        top_ups = self.payments / TOP_UPS

        def units(what: str, count: float, price: str = "dynamodb_write_units", *, by_payments: bool = True) -> Line:
            return self._line("DynamoDB", what, count, price, by_payments=by_payments)

        yield units("write: payments, with the merchant's index", self.payments * used["payment"]["write_units"])
        yield units("write: cashback", self.payments * posting["a_payment"]["write_units"])
        yield units(
            "write: budgets, by transaction", self.payments * cashback.transactions * posting["a_call"]["write_units"]
        )
        yield units(
            "write: balances, batches",
            self.payments * (appended["a_payment"] + self.counted.calls * appended["a_call"]),
        )
        yield units("write: balances, fold", self.payments * used["balances"]["folded"])
        yield units("write: top-ups", top_ups * used["top_up"]["write_units"])
        yield units("write: cancellations", self.payments * supposed("cancelled") * 14)
        read = used["payment"]["read_units"] + posting["a_payment"]["read_units"]
        read += cashback.transactions * posting["a_call"]["read_units"] + used["top_up"]["read_units"] / TOP_UPS
        yield units("read: payments, cashback, top-ups", self.payments * read, "dynamodb_read_units")
        yield from self._reads_and_storage(units)

    def _reads_and_storage(self, units: Any) -> Iterator[Line]:
        views = self.usage["view"]
        own = self.city.payments * self.city.years / self.city.members
        older = own * self.usage["stored_bytes"]["payment"] / READ_BYTES / 2
        a_view = views["wallet"]["read_units"] + views["payments"]["read_units"] + older
        catch_up = self.scan_units if self.city.scans else supposed("index_read_units")
        statements = self.city.members * 2
        plain = {"by_payments": False}
        yield units("read: members' views", self.views * a_view, "dynamodb_read_units", **plain)
        yield units("read: the nightly audit", DAYS * self.scan_units, "dynamodb_read_units", **plain)
        yield units("read: the hourly catch-up", DAYS * 24 * catch_up, "dynamodb_read_units", **plain)
        yield units("read: closing a month, twice", 2 * self.scan_units, "dynamodb_read_units", **plain)
        yield units("write: statements of a month", statements, **plain)
        stored = (self.stored.table + self.stored.index) / GB
        yield units("storage, with indexes", stored, "dynamodb_storage", **plain)
        yield units("recovery to a point in time", self.stored.table / GB, "dynamodb_recovery", **plain)

    def _functions(self) -> Iterator[Line]:
        posting, trip = self.usage["posting"], supposed("trip_ms")
        top_ups, cancelled = self.payments / TOP_UPS, self.payments * supposed("cancelled")
        posted_calls = self.payments * self.cashback.calls
        records = self.payments * (2 + 1 / TOP_UPS)
        of_record = posting["a_payment"]["processor_ms"]
        in_posting = posted_calls * posting["a_call"]["processor_ms"] + records * of_record
        waiting = trip * (self.payments * self.cashback.transactions * 2 + posted_calls)
        counted_calls = self.payments * self.counted.calls
        yield from self._calls("PaymentAuthorisationFunction", self.payments + cancelled, *self._of_call("payment"))
        yield from self._calls("MemberWalletFunction", top_ups, *self._of_call("top_up"))
        yield from self._calls(
            "CashbackCalculationFunction", posted_calls, in_posting / posted_calls, waiting / posted_calls
        )
        yield from self._calls(
            "BalanceProjectionFunction", counted_calls, records * of_record / counted_calls, 2 * trip
        )
        yield from self._views()
        audited = self.city.payments * self.city.years * supposed("audit_processor_ms") / 1_000 * DAYS
        memory = self.deployed.memory["LedgerAuditFunction"]
        yield self._compute("LedgerAuditFunction", audited * _slower(memory) * memory / 1_024, by_payments=False)
        yield self._compute("functions on a schedule", supposed("scheduled_gb_seconds"), by_payments=False)
        gigabytes = sum(self.deployed.memory[each] for each in self.deployed.snapshots) / 1_024 * self.deployed.versions
        restored = (self.payments + top_ups + 2 * self.views) * supposed("restored")
        yield self._line("Lambda", "kept snapshots", gigabytes * SECONDS, "lambda_snapshot_gb_seconds")
        yield self._line("Lambda", "restored snapshots", restored, "lambda_restored_gb")

    def _of_call(self, name: str) -> tuple[float, float]:
        used = self.usage[name]
        return used["processor_ms"], used["trips"] * supposed("trip_ms")

    def _views(self) -> Iterator[Line]:
        for name, function in (("wallet", "MemberWalletFunction"), ("payments", "PaymentAuthorisationFunction")):
            used = self.usage["view"][name]
            waiting = used["trips"] * supposed("trip_ms")
            yield from self._calls(function, self.views, used["processor_ms"], waiting, what="members' views")

    def _calls(
        self, function: str, calls: float, processor_ms: float, waiting_ms: float, what: str = ""
    ) -> Iterator[Line]:
        """The requests and the compute of so many calls. Processor time is longer where memory brings a part of a processor."""
        memory = self.deployed.memory[function]
        seconds = (processor_ms * _slower(memory) + waiting_ms) / 1_000
        name = f"{function}, {what}" if what else function
        yield self._line("Lambda", f"requests: {name}", calls, "lambda_requests", by_payments=not what)
        yield self._compute(name, calls * seconds * memory / 1_024, by_payments=not what)

    def _compute(self, name: str, gb_seconds: float, *, by_payments: bool) -> Line:
        price = f"lambda_gb_seconds_{self.deployed.architecture}"
        return self._line("Lambda", f"compute: {name}", gb_seconds, price, by_payments=by_payments)

    def _requests(self) -> Iterator[Line]:
        top_ups, cancelled = self.payments / TOP_UPS, self.payments * supposed("cancelled")
        commands = self.payments + top_ups + cancelled
        events = 2 * self.payments + top_ups + 2 * cancelled
        answered = self.payments * (self.usage["payment"]["answer_bytes"] + supposed("header_bytes")) / GB
        shown = sum(
            self.usage["view"][name]["answer_bytes"] + supposed("header_bytes") for name in ("wallet", "payments")
        )
        through = self.views * (2 + supposed("files"))
        days_kept = 365 * min(self.city.years, 5)
        yield self._line(
            "HTTP API", "payments, top-ups, cancellations", commands, "http_api_requests", by_payments=True
        )
        yield self._line("HTTP API", "members' views", 2 * self.views, "http_api_requests")
        yield self._line("EventBridge", "events of entries", events, "bus_events", by_payments=True)
        yield self._line("EventBridge", "schedules", 10_000, "schedule_calls")
        yield self._line("Step Functions", "work over all members", supposed("transitions"), "state_transitions")
        yield self._line("SQS", "looking for messages", 500_000, "queue_requests")
        yield self._line("Data transfer", "answers to acquirers", answered, "internet_gb", by_payments=True)
        yield self._line("CloudFront", "requests", through, "distribution_requests")
        yield self._line("CloudFront", "functions", through, "distribution_functions")
        yield self._line("CloudFront", "answers", self.views * shown / GB, "distribution_gb")
        roots = self.city.members * supposed("root_bytes") * days_kept / GB
        yield self._line("S3", "records of the audit", roots, "s3_storage")
        yield self._line("S3", "writes", 20_000, "s3_puts")

    def _watching(self) -> Iterator[Line]:
        top_ups = self.payments / TOP_UPS
        calls = self.payments * (1 + 1 / TOP_UPS + self.cashback.calls + self.counted.calls)
        of_lambda = supposed("platform_log_bytes") if self.deployed.logs_each_call else 0
        logged = self.payments * self.cashback.calls * self.usage["posting"]["a_call"]["log_bytes"]
        of_payments = calls * of_lambda + logged
        of_payments += (self.payments + top_ups) * supposed("access_log_bytes")
        of_views = 2 * self.views * (of_lambda + supposed("access_log_bytes"))
        kept = (
            (of_payments + of_views)
            * supposed("compressed")
            * min(self.deployed.log_days / DAYS, self.city.years * MONTHS)
        )
        metrics = self.deployed.detailed_routes * supposed("api_metrics")
        principals = self.deployed.roles * self.deployed.tables * DAYS * 24 * 12
        yield self._line("CloudWatch", "logs of payments", of_payments / GB, "logs_ingested", by_payments=True)
        yield self._line("CloudWatch", "logs of members' views", of_views / GB, "logs_ingested")
        yield self._line("CloudWatch", "stored logs", kept / GB, "logs_stored")
        yield self._line(
            "CloudWatch", "metrics by route, and the city's own", metrics + self.deployed.own_metrics, "metrics"
        )
        yield self._line("CloudWatch", "alarms", self.deployed.alarm_metrics, "alarm_metrics")
        yield self._line("KMS", "keys of tables, at most", principals, "key_requests")

    def _members(self) -> Iterator[Line]:
        if self.city.identity != "own":
            tier = self.city.identity.replace("-", "_")
            yield self._line("Cognito", "members who sign in", self.city.members, tier)


def _slower(memory: int) -> float:
    """How much longer a processor's millisecond lasts with so many MB of memory."""
    return max(1.0, FULL_PROCESSOR_MB / memory)
