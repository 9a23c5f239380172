"""docs/cost.md, and what `make cost` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from costs.arrivals import Load, Mapping, simulate
from costs.deployed import Deployed
from costs.model import SUPPOSED, City, Estimate, estimate
from costs.prices import Price, Prices

MOST_A_MILLION, MOST_A_MONTH = 12, 1_000
"""The goals, in USD, of a city of Incheon's size with its own identity provider."""
PROVISIONED_USE = 0.6
"""The part of bought write units that is used, by the target of most tables that scale by themselves."""
RATES, SHARDS, WINDOWS = (1, 3, 10, 50), (4, 20, 100), (0, 5, 10, 30)

INTRODUCTION = """\
# What a city costs

`make cost` estimates what a city pays AWS; `make cost-page` writes this page. The units and times are measured (`costs/usage.json`, by
`make bench`), batches of the stream are simulated, sizes are read from the template, and prices are a dated table (`costs/prices.json`).
Nothing here is a bill: the template has never run on AWS. Prices are before tax, without credits and discounts.

```sh
make cost                                         # Incheon: 1.4 million members, 100 million payments a year
make cost MEMBERS=50000 PAYMENTS=2000000          # a smaller city
make cost YEARS=3 IDENTITY=cognito-lite           # the ledger of three years, and members who sign in with Cognito
make cost CATCH_UP=scan                           # with a catch-up that reads the whole ledger every hour
```

Prices are refused when they are older than the table says they may be; `OLD_PRICES=yes` still uses them.
"""


def summary(found: Estimate) -> list[str]:
    """The sums, and whether a city of Incheon's size or less meets the goals."""
    city = found.city
    return [
        f"{city.members:,} members and {city.payments:,} payments a year, a ledger of {_years(city.years)} ({found.ledger_gb:,.0f} GB, "
        f"{found.shards} shards), identity: {city.identity}.",
        f"A million payments: {found.usd_per_million:.2f} USD (goal {MOST_A_MILLION}: {_met(found.usd_per_million, MOST_A_MILLION)}).",
        f"A month: {found.usd:,.0f} USD (goal {MOST_A_MONTH:,}: {_met(found.usd, MOST_A_MONTH)}).",
    ]


def _years(years: float) -> str:
    return "1 year" if years == 1 else f"{years:g} years"


def assumed(prices: Prices) -> list[str]:
    """A sentence for each price that was not read for this region."""
    return [f"{_words(name)}: {price.assumed}." for name, price in prices.of.items() if price.assumed]


def lines(found: Estimate) -> list[str]:
    """Every line of the bill, those of a service together, in a table."""
    payments = found.city.payments / 12 / 1_000_000
    rows = ["| service | for | units a month | USD a month | USD a million payments |", "|---|---|---|---|---|"]
    for line in found.lines:
        by_payments = f"{line.usd / payments:.2f}" if line.by_payments else ""
        rows.append(f"| {line.service} | {line.what} | {line.units:,.0f} | {line.usd:,.2f} | {by_payments} |")
    rows.append(f"| **all** | | | **{found.usd:,.2f}** | **{found.usd_per_million:.2f}** |")
    return rows


def page(usage: dict[str, Any], deployed: Deployed, prices: Prices) -> str:
    incheon = estimate(City(), usage, deployed, prices)
    parts = [
        INTRODUCTION,
        "## Incheon\n",
        "\n".join(f"- {each}" for each in summary(incheon)) + "\n",
        _what_a_million_is(),
        "\n".join(lines(incheon)) + "\n",
        _with_provisioned_writes(incheon, prices) + "\n",
        "## Other cities and choices\n",
        "\n".join(_choices(usage, deployed, prices)) + "\n",
        "## How payments meet in batches\n",
        _of_batches(deployed),
        "\n".join(_arrivals(usage)) + "\n",
        "## What is supposed\n",
        "Not measured here. Each changes one or two lines of the bill.\n",
        "\n".join(f"- {value:g} {reason}." for value, reason in SUPPOSED.values()) + "\n",
        "A function's processor time is measured on this machine and lasts longer where memory brings a part of a processor. "
        "Not counted: exports for statistics, simulations of policies, e-mails, a domain's name, support.\n",
        "## Prices\n",
        f"Region {prices.region}, table of {prices.as_of}, usable for {prices.most_days} days; units measured on {usage['measured']}. "
        "The files that AWS publishes were not within reach of this machine: the prices are those that public catalogues had read from "
        "them. A price marked *assumed* was not read for this region.\n",
        "\n".join(_prices(prices)) + "\n",
    ]
    return "\n".join(parts)


def _met(reached: float, goal: float) -> str:
    return "met" if reached <= goal else "**missed**"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _what_a_million_is() -> str:
    return (
        "The last column is what payments themselves add: authorised, posted, published, counted and logged, with a top-up for every ten "
        "and a cancellation for every hundred, at the first rate and without what is free. The other lines depend on members, on the "
        "age of the ledger, or on neither. DynamoDB bills no reads of streams by Lambda.\n"
    )


def _with_provisioned_writes(found: Estimate, prices: Prices) -> str:
    """What write units would cost that are bought by the hour and used for a part of it."""
    payments = found.city.payments / 12 / 1_000_000
    written = [line for line in found.lines if line.by_payments and line.price == "dynamodb_write_units"]
    on_demand = sum(line.usd for line in written) / payments
    hourly = prices.of["dynamodb_write_capacity_hours"].marginal * 1_000_000 / 3_600 / PROVISIONED_USE
    provisioned = sum(line.units for line in written) / 1_000_000 * hourly / payments
    return (
        f"Of a million payments' {found.usd_per_million:.2f} USD, {on_demand:.2f} are for write units on demand. Bought by the hour, with "
        f"{PROVISIONED_USE:.0%} of them used, they would cost {provisioned:.2f}, and a million payments "
        f"{found.usd_per_million - on_demand + provisioned:.2f}. The template does not do that: an evening that is busier than what was "
        "bought declines payments until more is bought. No batching window alone reaches the goal."
    )


def _choices(usage: dict[str, Any], deployed: Deployed, prices: Prices) -> Iterator[str]:
    yield f"| city | USD a month | against {MOST_A_MONTH:,} | USD a million payments |"
    yield "|---|---|---|---|"
    cases = {
        "Incheon": (City(), deployed),
        "Incheon, after three years": (City(years=3), deployed),
        "Incheon, after five years": (City(years=5), deployed),
        "Incheon, with Cognito's tier Lite": (City(identity="cognito-lite"), deployed),
        "Incheon, with Cognito's default tier": (City(identity="cognito-essentials"), deployed),
        "Incheon, a catch-up that reads the ledger every hour": (City(scans=True), deployed),
        "Incheon, without a batching window": (City(), replace(deployed, cashback_window=0)),
        "Incheon, a window of 30 seconds": (City(), replace(deployed, cashback_window=30)),
        "Incheon, with Lambda's own lines for each call": (City(), replace(deployed, logs_each_call=True)),
        "Incheon, without metrics by route": (City(), replace(deployed, detailed_routes=0)),
        "50,000 members, 2 million payments": (City(50_000, 2_000_000), deployed),
        "300,000 members, 20 million payments": (City(300_000, 20_000_000), deployed),
    }
    for name, (city, template) in cases.items():
        found = estimate(city, usage, template, prices)
        yield f"| {name} | {found.usd:,.0f} | {_met(found.usd, MOST_A_MONTH)} | {found.usd_per_million:.2f} |"
    yield ""
    yield (
        "What grows with the years is the ledger: its storage, its recovery, and above all the nightly audit, which reads all of it. More "
        "shards make batches smaller."
    )


def _of_batches(deployed: Deployed) -> str:
    return (
        "A transaction that posts cashback draws on one budget shard, for two write units, and a call of the function has a price: both "
        "are shared by the payments that come together. The stream has a shard for each 10 GB of the ledger, and each shard is read by "
        "itself, so a city's payments meet rarely. The table has write units of a payment's whole life, calls of the function, and the "
        "seconds after which 50 and 95 of 100 members have their cashback, for windows in seconds. Payments arrive by Poisson's law, "
        f"more at noon and in the evening. The template's window is {deployed.cashback_window:g} seconds (`CashbackWindowSeconds`): it "
        "saves most of what a window can save, while cashback still comes within moments.\n"
    )


def _arrivals(usage: dict[str, Any]) -> Iterator[str]:
    yield "| payments a second | shards | " + " | ".join(f"window {window}" for window in WINDOWS) + " |"
    yield "|---|---|" + "---|" * len(WINDOWS)
    for rate in RATES:
        for shards in SHARDS:
            cells = []
            for window in WINDOWS:
                met = simulate(Load(rate, shards), Mapping(window=window))
                units = whole_life(usage, met.transactions)
                cells.append(f"{units:.2f}; {met.calls:.2f}; {met.median_delay:.1f} and {met.late_delay:.1f} s")
            yield f"| {rate} | {shards} | " + " | ".join(cells) + " |"


def whole_life(usage: dict[str, Any], transactions: float) -> float:
    """Write units of a payment that shares its posting: authorised, posted and funded, and counted in batches of 50."""
    posting, counted = usage["posting"], usage["balances"]
    balances = counted["write_units"]["a_payment"] + counted["write_units"]["a_call"] / 50 + counted["folded"]
    posted = posting["a_payment"]["write_units"] + transactions * posting["a_call"]["write_units"]
    return float(usage["payment"]["write_units"] + posted + balances)


def _prices(prices: Prices) -> Iterator[str]:
    yield "| price | USD | for | free a month | read | page |"
    yield "|---|---|---|---|---|---|"
    for name, price in prices.of.items():
        mark = " *assumed*" if price.assumed else ""
        yield (
            f"| {_words(name)}{mark} | {_rates(price)} | {_per(price)} | {_free(price)} | {price.read} |"
            f" [page]({price.page}) |"
        )
    yield ""
    yield from (f"- Assumed: {each}" for each in assumed(prices))


def _rates(price: Price) -> str:
    return ", then ".join(f"{rate:.10f}".rstrip("0").rstrip(".") for _, rate in price.tiers)


def _free(price: Price) -> str:
    return f"{price.free:,.0f}" if price.free else ""


def _per(price: Price) -> str:
    return price.unit if price.per == 1 else f"{price.per:,.0f} × {price.unit}"


def today() -> date:
    """The day of this machine: prices age by it."""
    return date.today()  # noqa: DTZ011
