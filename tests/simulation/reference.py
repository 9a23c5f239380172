"""What every wallet must look like, worked out step by step from what each transaction left behind, with none of the product's rules.

The one thing that is taken from the product is the evaluator of policies. A fault is an `AssertionError` that says what was found.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eeum.ids import entry_id
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import PolicyVersion
from eeum.storage import Key, Table
from tests.invariants_of_cashback import facts_of
from tests.invariants_of_payments import canonical_hash, link_hash, taken

Item = dict[str, Any]
CaptureOf = tuple[str, int]
STATES = ("WALLET", "PROGRESS#")


@dataclass
class Captured:
    """What earns: its won from `start` to `end` of the payment, and how many were cancelled, by cancellations posted or not."""

    start: int
    end: int
    accepted_at: str
    source: str
    cancelled: int = 0


@dataclass
class Paid:
    status: str
    amount: int
    merchant: str
    paid_from: list[list[Any]]
    facts: Facts
    hash: str
    expires_at: str | None
    captures: dict[int, Captured] = field(default_factory=dict)
    released: int = 0

    @property
    def held(self) -> int:
        if self.status != "held":
            return 0
        return self.amount - sum(each.end - each.start for each in self.captures.values()) - self.released


@dataclass
class Earned:
    """An earning: won by layer and by account of who funds it, as things stand, and what posted cancellations took of its capture."""

    number: int
    capture: CaptureOf
    rewards: Counter[str] = field(default_factory=Counter)
    funded: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    recovered: int = 0


@dataclass
class Month:
    earnings: list[Earned] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)


class WalletReference:
    def __init__(self, policies: Sequence[PolicyVersion]) -> None:
        self._policies = policies
        self.entries: dict[str, str] = {}
        self.purses: Counter[str] = Counter()
        self.payments: dict[str, Paid] = {}
        self.cancellations: dict[tuple[str, str], list[tuple[CaptureOf, int]]] = {}
        self.sources: dict[str, str] = {}
        self.months: dict[str, Month] = defaultdict(Month)
        self.posted_keys: set[str] = set()
        self.due = self.posted = self.length = 0
        self.head = ""

    def add(self, sk: str, entry: Item) -> None:
        """An entry that a transaction stored: it must be new, and follow from what was there."""
        assert sk not in self.entries, f"{sk} was stored again"
        self.entries[sk] = canonical_hash(entry)
        postings = entry.get("postings", {})
        assert sum(postings.values()) == 0, entry
        assert all(type(won) is int and won for won in postings.values()), entry
        before = self.purses["cashback"]
        for account, won in postings.items():
            if account.startswith("purse/"):
                self.purses[account.removeprefix("purse/")] += won
        known = getattr(self, f"_{entry['kind']}", None)
        if known is not None:
            known(sk, entry, before)
        if "chain" in entry:
            self._link(entry, self.entries[sk])

    def _top_up(self, sk: str, entry: Item, before: int) -> None:
        self._check_id(sk, entry)
        assert (entry["status"] == "completed") == bool(entry["postings"]) == ("chain" in entry), entry
        if entry["postings"]:
            terms = self._policy_at(datetime.fromisoformat(entry["accepted_at"])).wallet
            assert self.purses["charged"] <= terms.holding_limit_verified, entry

    def _payment(self, sk: str, entry: Item, before: int) -> None:
        digest = self._check_id(sk, entry)
        if entry["status"] == "declined":
            assert entry["decline"], entry
            assert not entry["postings"], entry
        else:
            target = "purse/held" if entry["status"] == "held" else f"merchant_payable/{entry['merchant_id']}"
            paid = {f"purse/{purse}": -won for purse, won in entry["paid_from"]}
            assert entry["postings"] == {**paid, target: entry["amount"]}, entry
        facts = facts_of(entry["facts"])
        paid_from = entry["paid_from"]
        payment = Paid(
            entry["status"],
            entry["amount"],
            entry["merchant_id"],
            paid_from,
            facts,
            self.entries[sk],
            entry.get("expires_at"),
        )
        self.payments[digest] = payment
        if entry["status"] == "approved":
            payment.captures[0] = Captured(0, entry["amount"], entry["accepted_at"], self.entries[sk])
            self.due += 1

    def _capture(self, sk: str, entry: Item, before: int) -> None:
        self._check_id(sk, entry)
        payment = self.payments[entry["payment"]]
        start, end = entry["slice"]
        assert payment.status == "held", entry
        assert 0 < end - start <= payment.held, (entry, payment.held)
        assert start == sum(each.end - each.start for each in payment.captures.values()), entry
        assert entry["capture"] == len(payment.captures) + 1, entry
        assert payment.expires_at is not None, entry
        assert entry["accepted_at"] < payment.expires_at, entry
        assert entry["hold_hash"] == payment.hash, entry
        assert entry["paid_from"] == taken(payment.paid_from, start, end), entry
        payable = f"merchant_payable/{entry['paid_to']}"
        assert entry["postings"] == {"purse/held": start - end, payable: end - start}, entry
        payment.captures[entry["capture"]] = Captured(start, end, entry["accepted_at"], self.entries[sk])
        self.due += 1

    def _release(self, sk: str, entry: Item, before: int) -> None:
        payment = self.payments[sk.partition("#")[2]]
        captured = payment.amount - payment.held
        assert entry["amount"] == payment.held > 0, (entry, payment)
        assert entry["returned"] == taken(payment.paid_from, captured, payment.amount), entry
        assert entry["reason"] != "expired" or entry["accepted_at"] >= str(payment.expires_at), entry
        assert entry["hold_hash"] == payment.hash, entry
        payment.released = entry["amount"]

    def _cancellation(self, sk: str, entry: Item, before: int) -> None:
        digest = self._check_id(sk, entry)
        payment = self.payments[entry["payment"]]
        missing = entry["amount"]
        assert missing > 0, entry
        of = []
        for number in sorted(payment.captures, reverse=True):
            capture = payment.captures[number]
            won = min(missing, capture.end - capture.start - capture.cancelled)
            if won:
                capture.cancelled += won
                missing -= won
                month = capture.accepted_at[:7]
                of.append([number, won, month])
                self.cancellations.setdefault((month, digest), []).append(((entry["payment"], number), won))
        assert missing == 0, f"{missing} won more were cancelled than were captured: {entry}"
        assert entry["of"] == of, (entry, of)
        payable = f"merchant_payable/{entry['paid_to']}"
        assert entry["postings"] == {payable: -entry["amount"], "purse/refund_pending": entry["amount"]}, entry
        self.due += len({month for _, _, month in of})

    def _earning(self, sk: str, entry: Item, before: int) -> None:
        _, month, digest, number = sk.split("#")
        payment = self.payments[digest]
        capture = payment.captures[int(number)]
        assert entry["slice"] == [capture.start, capture.end], entry
        assert (month, entry["accepted_at"]) == (capture.accepted_at[:7], capture.accepted_at), entry
        assert entry["chain"]["source"] == capture.source, entry
        self._next_number(entry)
        known = self.months[month]
        earned = Earned(entry["number"], (digest, int(number)))
        used_before = Counter(known.used)
        self._fold(earned, known.used)
        assert +Counter({each["layer"]: each["won"] for each in entry["rewards"]}) == +earned.rewards, (entry, earned)
        assert +Counter(entry["used"]) == known.used - used_before, entry
        expected = {account: -won for account, won in earned.funded.items() if won}
        if expected:
            expected["purse/cashback"] = earned.rewards.total()
        assert entry["postings"] == expected, (entry, expected)
        known.earnings.append(earned)

    def _correction(self, sk: str, entry: Item, before: int) -> None:
        _, month, digest = sk.split("#")
        cancelled = self.cancellations.pop((month, digest))
        assert [[*of, won] for of, won in cancelled] == entry["cancelled"], entry
        assert entry["chain"]["source"] == self.entries[f"CANCELLATION#{digest}"], entry
        self._next_number(entry)
        known = self.months[month]
        earnings = {earned.capture: earned for earned in known.earnings}
        drawn = [(earnings[of].lost, earnings[of].recovered) for of, _ in cancelled]
        for of, won in cancelled:
            earnings[of].lost += won
        used_before, known.used = known.used, Counter()
        change = 0
        changes = []
        accounts: Counter[str] = Counter()
        for earned in known.earnings:
            rewards, funded = earned.rewards, earned.funded
            self._fold(earned, known.used)
            for layer in {**rewards, **earned.rewards}:
                if rewards[layer] != earned.rewards[layer]:
                    changes.append([earned.number, layer, earned.rewards[layer] - rewards[layer]])
                    change += earned.rewards[layer] - rewards[layer]
            accounts.update(funded)
            accounts.subtract(earned.funded)
        assert sorted(entry["changes"]) == sorted(changes), (entry, changes)
        used = Counter(known.used)
        used.subtract(used_before)
        assert {limit: won for limit, won in used.items() if won} == entry["used"], (entry, used)
        self._check_refund(entry, cancelled, drawn, before + change, earnings)
        posted = {
            account: won for account, won in entry["postings"].items() if account.startswith(("funder/", "merchant_re"))
        }
        assert posted == {account: won for account, won in accounts.items() if won}, (entry, accounts)

    def _check_refund(
        self,
        entry: Item,
        cancelled: Sequence[tuple[CaptureOf, int]],
        drawn: Sequence[tuple[int, int]],
        cashback: int,
        earnings: dict[CaptureOf, Earned],
    ) -> None:
        """First to a balance below zero; the rest in reverse debit order, on all that was ever given back of each capture."""
        recovered = missing = min(sum(won for _, won in cancelled), max(0, -cashback))
        released: Counter[str] = Counter()
        for (of, won), (lost, kept_before) in zip(cancelled, drawn, strict=True):
            kept = min(won, missing)
            missing -= kept
            earnings[of].recovered += kept
            payment = self.payments[of[0]]
            capture = payment.captures[of[1]]
            backwards = taken(payment.paid_from, capture.start, capture.end)[::-1]
            given = lost - kept_before
            for purse, back in taken(backwards, given, given + won - kept):
                released[purse] += back
        assert entry["recovered"] == recovered, (entry, cashback)
        assert dict(entry["released"]) == dict(released), (entry, released)

    def _fold(self, earned: Earned, used: Counter[str]) -> None:
        """Works out anew what an earning gives, and who funds it, on what was `used` before, to which it adds."""
        earned.rewards, earned.funded = Counter(), Counter()
        payment = self.payments[earned.capture[0]]
        capture = payment.captures[earned.capture[1]]
        accepted_at = datetime.fromisoformat(capture.accepted_at)
        policy = self._policy_at(accepted_at)
        if not policy.pays_at(accepted_at):
            return
        survives = taken(payment.paid_from, capture.start, capture.end - earned.lost)
        base = sum(won for purse, won in survives if _kind_of(purse) in policy.earns_from)
        evaluation = evaluate(policy, payment.facts, base, used)
        used.update(evaluation.used)
        for layer in policy.layers:
            for limit in (*layer.spend_limits, *layer.reward_limits):
                within = limit.amount is None or not evaluation.used.get(limit.id) or used[limit.id] <= limit.amount
                assert within, f"{limit.id} is exceeded: {used}"
        for reward in evaluation.rewards:
            earned.rewards[reward.layer] = reward.won
            for funder, won in reward.funders:
                account = f"merchant_reward/{payment.merchant}" if funder == "merchant" else f"funder/{funder}"
                earned.funded[account] += won

    def _policy_at(self, instant: datetime) -> PolicyVersion:
        return [each for each in self._policies if each.starts_at <= instant][-1]

    def _next_number(self, entry: Item) -> None:
        self.posted += 1
        assert entry["number"] == self.posted, entry

    def _check_id(self, sk: str, entry: Item) -> str:
        digest = sk.partition("#")[2]
        assert entry["id"] == entry_id(datetime.fromisoformat(entry["accepted_at"]), digest), entry
        return digest

    def _link(self, entry: Item, content: str) -> None:
        self.length += 1
        assert entry["chain"]["length"] == self.length, entry
        self.head = link_hash(self.head, self.length, entry["chain"]["source"], content)
        assert entry["chain"]["head"] == self.head, entry

    def check_wallet(self, wallet: Item) -> None:
        """The wallet as it stands after a transaction."""
        for purse, state in wallet["purses"].items():
            assert state["amount"] == self.purses[purse], (purse, wallet, self.purses)
            assert purse == "cashback" or state["amount"] >= 0, wallet
        assert not any(won for purse, won in self.purses.items() if purse not in wallet["purses"]), wallet
        assert (wallet["due"], wallet["posted"]) == (self.due, self.posted), wallet
        assert wallet["chain"] == {"length": self.length, "head": self.head}, wallet
        assert wallet["purses"]["held"]["amount"] >= 0, wallet
        assert (wallet["negative"] is not None) == (wallet["purses"]["cashback"]["amount"] < 0), wallet
        carried = {window: won for window, won in wallet["usage"].items() if won}
        for window, won in carried.items():
            limit, _, month = window.partition("@")
            assert self.months[month].used[limit] == won, (window, wallet, self.months[month].used)

    def check_progress(self, digest: str, progress: Item) -> None:
        payment = self.payments[digest]
        assert progress["held"] == payment.held, (progress, payment)
        assert ("expiring" in progress) == (payment.held > 0), progress
        captures = [[each.end - each.start, each.cancelled, each.accepted_at[:7]] for each in payment.captures.values()]
        assert progress["captures"] == captures, (progress, captures)

    def check_drained(self, wallet: Item) -> None:
        """Once every delivery was made: nothing is due, nothing waits, and all that the limits were used is known."""
        assert self.due == self.posted, f"{self.due - self.posted} postings never came: {wallet}"
        assert not self.cancellations, self.cancellations
        assert self.purses["refund_pending"] == 0, wallet
        assert self.purses["held"] == sum(payment.held for payment in self.payments.values()), wallet
        self._check_carried(wallet)

    def _check_carried(self, wallet: Item) -> None:
        """The wallet carries the use of the latest month that has any, or had before it was cancelled, and of the one before."""
        windows = {window.partition("@")[2] for window in wallet["usage"]}
        assert all(self.months[month].earnings for month in windows), wallet
        latest = max([*windows, *(month for month, known in self.months.items() if +known.used)], default=None)
        if latest is None:
            return
        year, number = divmod(int(latest[:4]) * 12 + int(latest[5:]) - 2, 12)
        used = {
            f"{limit}@{month}": won
            for month in (latest, f"{year:04}-{number + 1:02}")
            for limit, won in self.months[month].used.items()
            if won
        }
        assert used.items() <= wallet["usage"].items(), (wallet, used)


def _kind_of(purse: str) -> str:
    return purse if purse in ("charged", "cashback") else "rewards" if "@" in purse else "grants"


class Reference:
    """All wallets. `observe` is told what each transaction left behind."""

    def __init__(self, policies: Sequence[PolicyVersion]) -> None:
        self._policies = policies
        self.wallets: dict[str, WalletReference] = {}
        self._states: dict[str, Item] = {}
        self.fault: AssertionError | None = None

    def observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        ledger = [(key, item) for key, item in changed if key.table is Table.LEDGER]
        for pk in dict.fromkeys(key.pk for key, _ in ledger):
            self._observe_wallet(pk, {key.sk: item for key, item in ledger if key.pk == pk})

    def _observe_wallet(self, pk: str, changed: dict[str, Item]) -> None:
        known = self.wallets.get(pk)
        if known is None:
            known = self.wallets[pk] = WalletReference(self._policies)
        entries = [(sk, item) for sk, item in changed.items() if not sk.startswith(STATES)]
        # In the order in which they were linked; what is not linked stands first, as sources do.
        for sk, item in sorted(entries, key=lambda each: each[1].get("chain", {}).get("length", 0)):
            known.add(sk, item)
        if "WALLET" in changed:
            self._states[pk] = changed["WALLET"]
        known.check_wallet(self._states[pk])
        for sk, item in changed.items():
            if sk.startswith("PROGRESS#"):
                known.check_progress(sk.partition("#")[2], item)

    def check_whole(self, items: Sequence[tuple[Key, Item]]) -> None:
        """Every item is there, and as it was when it was stored; every wallet is as worked out."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for key, item in items:
            if key.table is not Table.LEDGER:
                continue
            if key.sk == "WALLET":
                self.wallets[key.pk].check_wallet(item)
            elif not key.sk.startswith(STATES):
                found[key.pk][key.sk] = canonical_hash(item)
        for pk, known in self.wallets.items():
            assert found[pk] == known.entries, f"entries of {pk} were changed, lost or added past the storage"

    def check_drained(self, items: Sequence[tuple[Key, Item]]) -> None:
        for key, item in items:
            if key.table is Table.LEDGER and key.sk == "WALLET":
                self.wallets[key.pk].check_drained(item)
