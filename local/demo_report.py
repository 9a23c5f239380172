"""What a demonstration prints at its end: who spent and earned and why, and the sums by district and funder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table

from local.demo_day import Afterwards

SHOWN_MEMBERS = 15
Earning = dict[str, Any]
Correction = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    id: str
    name: str
    district: str


@dataclass(frozen=True)
class Outcome:
    """A payment with the city's answer."""

    member: str
    shop: Shop
    answer: dict[str, Any]
    afterwards: Afterwards = Afterwards.KEPT
    given_back: int = 0

    @property
    def declined(self) -> bool:
        return bool(self.answer["status"] == "declined")

    @property
    def payment_id(self) -> str:
        return str(self.answer["id"])

    @property
    def amount(self) -> int:
        return int(self.answer["amount"])


def report(
    outcomes: Sequence[Outcome],
    earnings: Sequence[Earning],
    corrections: Sequence[Correction],
    at: datetime,
    seconds: float,
) -> Group:
    """What members paid and earned, then what cancellations refunded and took back."""
    approved = [outcome for outcome in outcomes if not outcome.declined]
    earned = {earning["payment_id"]: earning for earning in earnings}
    rate = f"{len(outcomes)} payments in {seconds:.1f} s, {len(outcomes) / seconds:.0f} a second"
    return Group(
        "",
        _members(approved, earned),
        "",
        _bands(earnings),
        "",
        _districts(approved, earned),
        "",
        _funders(earnings),
        "",
        _given_back(approved, corrections),
        "",
        _declines(outcomes),
        "",
        f"{at:%Y-%m-%d %H:%M} in Incheon: {rate} on this machine.",
    )


def _members(approved: Sequence[Outcome], earned: dict[str, Earning]) -> Table:
    table = _table(
        "Who spent, who earned, and why (before what was given back)", "Member", "Payments", "Spent", "Cashback", "Why"
    )
    of_member: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in approved:
        of_member[outcome.member].append(outcome)
    ranked = sorted(of_member.items(), key=lambda entry: -sum(outcome.amount for outcome in entry[1]))
    for name, own in ranked[:SHOWN_MEMBERS]:
        _row(table, name, own, earned)
    others = [outcome for _, own in ranked[SHOWN_MEMBERS:] for outcome in own]
    if others:
        _row(table, f"{len(ranked) - SHOWN_MEMBERS} others", others, earned)
    table.add_section()
    _row(table, "All", approved, earned)
    return table


def _row(table: Table, name: str, own: Sequence[Outcome], earned: dict[str, Earning]) -> None:
    earnings = [earned[outcome.payment_id] for outcome in own if outcome.payment_id in earned]
    won = sum(earning["cashback"] for earning in earnings)
    spent = sum(outcome.amount for outcome in own)
    reasons = [f"{_percent(rate)} of {base:,}" for (_, rate), base in sorted(_bases(earnings).items(), reverse=True)]
    table.add_row(name, f"{len(own):,}", f"{spent:,}", f"{won:,}", " + ".join(reasons) or "nothing")


def _bands(earnings: Sequence[Earning]) -> Table:
    table = _table("Cashback by layer and rate", "Layer", "Rate", "Of", "Policy")
    policies = ", ".join(sorted({str(earning["policy"]) for earning in earnings}))
    for (layer, rate), base in sorted(_bases(earnings).items(), reverse=True):
        table.add_row(layer, _percent(rate), f"{base:,}", policies)
    nothing = sum(earning["base"] - _accepted(earning) for earning in earnings)
    table.add_row("beyond every band", "0 %", f"{nothing:,}", policies)
    return table


def _districts(approved: Sequence[Outcome], earned: dict[str, Earning]) -> Table:
    table = _table("By district", "District", "Payments", "Spent", "Cashback")
    for district in sorted({outcome.shop.district for outcome in approved}):
        own = [outcome for outcome in approved if outcome.shop.district == district]
        won = sum(earned[outcome.payment_id]["cashback"] for outcome in own if outcome.payment_id in earned)
        table.add_row(district, f"{len(own):,}", f"{sum(outcome.amount for outcome in own):,}", f"{won:,}")
    return table


def _funders(earnings: Iterable[Earning]) -> Table:
    table = _table("Who pays for it", "Funder", "Won")
    funded: Counter[str] = Counter()
    for earning in earnings:
        for reward in earning["rewards"]:
            funded.update(reward["funders"])
    for funder, won in sorted(funded.items()):
        table.add_row(funder, f"{won:,}")
    table.add_section()
    table.add_row("All", f"{funded.total():,}")
    return table


def _given_back(approved: Sequence[Outcome], corrections: Sequence[Correction]) -> Table:
    table = _table("Given back afterwards", "What", "Payments", "Spent", "Given back", "Cashback")
    taken_back: Counter[str] = Counter()
    for correction in corrections:
        taken_back[correction["payment_id"]] += correction["cashback"]
    for afterwards in Afterwards:
        own = [outcome for outcome in approved if outcome.afterwards is afterwards]
        if afterwards is not Afterwards.KEPT and own:
            spent, given_back = sum(each.amount for each in own), sum(each.given_back for each in own)
            won = sum(taken_back[each.payment_id] for each in own)
            table.add_row(afterwards.value, f"{len(own):,}", f"{spent:,}", f"{given_back:,}", f"{won:,}")
    return table


def _declines(outcomes: Sequence[Outcome]) -> Table:
    table = _table("Declined", "Code", "Reason", "Payments")
    reasons = Counter(
        (outcome.answer["decline"]["code"], outcome.answer["decline"]["reason"])
        for outcome in outcomes
        if outcome.declined
    )
    for (code, reason), times in sorted(reasons.items()):
        table.add_row(code, reason, str(times))
    return table


def _bases(earnings: Iterable[Earning]) -> Counter[tuple[str, int]]:
    """Won by layer and rate in basis points."""
    bases: Counter[tuple[str, int]] = Counter()
    for earning in earnings:
        for reward in earning["rewards"]:
            for band in reward["bands"]:
                bases[reward["layer"], band["rate_basis_points"]] += band["base"]
    return bases


def _accepted(earning: Earning) -> int:
    """Won of a payment that some layer pays for; what several accept counts once."""
    return max((sum(band["base"] for band in reward["bands"]) for reward in earning["rewards"]), default=0)


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g} %"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        numbers = column in {"Payments", "Spent", "Given back", "Cashback", "Won", "Of", "Rate"}
        table.add_column(column, justify="right" if numbers else "left")
    return table
