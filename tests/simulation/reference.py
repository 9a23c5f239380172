"""What every wallet must look like, worked out step by step from what each transaction left behind, with none of the product's rules.

The one thing that is taken from the product is the evaluator of policies. A fault is an `AssertionError` that says what was found.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eeum.ids import entry_id
from eeum.policy.rules import AFTER_PAYMENT, AT_PAYMENT, AT_TOP_UP, Evaluation, Gives, Layer, PolicyVersion
from eeum.storage import Key, Table
from tests.invariants_of_payments import canonical_hash, link_hash, taken
from tests.simulation.reference_of_budgets import BudgetReference
from tests.simulation.reference_of_policies import (
    Policies,
    check_spendable,
    given,
    has_expired,
    judged_by,
    kind_of,
    purse_of,
    window_of,
)

Item = dict[str, Any]
CaptureOf = tuple[str, int]
STATES = ("WALLET", "PROGRESS#")
MOST_STATES = 40
"""So many commands of a wallet may come between what another of it reads and what it stores."""


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
    facts: Item
    discounts: list[tuple[str, str, int]]
    taken: dict[str, int]
    hash: str
    expires_at: str | None
    captures: dict[int, Captured] = field(default_factory=dict)
    released: int = 0

    def paid_for(self, start: int, end: int) -> list[list[Any]]:
        """What came out of which purse for the won from `start` to `end` of the price."""
        discount = sum(won for _, _, won in self.discounts)
        return taken(self.paid_from, start - discount * start // self.amount, end - discount * end // self.amount)

    @property
    def cancelled(self) -> int:
        return sum(each.cancelled for each in self.captures.values())

    @property
    def held(self) -> int:
        if self.status != "held":
            return 0
        return self.amount - sum(each.end - each.start for each in self.captures.values()) - self.released


@dataclass
class Earned:
    """An earning: won by layer, and by layer and funder, as things stand, and what posted cancellations took of its capture.

    `windows` are those that it is judged by, `used` by how much it uses them, `ceilings` what its layers are funded for at most.
    """

    number: int
    capture: CaptureOf
    at: str
    merchant: str
    policy: PolicyVersion
    windows: set[str]
    ceilings: dict[str, int]
    rewards: Counter[str] = field(default_factory=Counter)
    funded: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    refunded: int = 0
    recovered: int = 0

    @property
    def accounts(self) -> Counter[str]:
        """By account, the won that who funds it has paid."""
        paid: Counter[str] = Counter()
        for (_, funder), won in self.funded.items():
            paid[account_of(funder, self.merchant)] += won
        return paid

    @property
    def purses(self) -> Counter[str]:
        """By purse, the won that came into it."""
        came: Counter[str] = Counter()
        for layer, won in self.rewards.items():
            came[self.into(layer)] += won
        return came

    def into(self, layer: str) -> str:
        """The purse that what a layer gives comes into."""
        (found,) = [each for each in self.policy.layers if each.id == layer]
        return purse_of(self.policy, found, self.at)


def account_of(funder: str, merchant: str) -> str:
    return f"merchant_reward/{merchant}" if funder == "merchant" else f"funder/{funder}"


class WalletReference:
    def __init__(self, policies: Policies, books: BudgetReference) -> None:
        self._policies = policies
        self._books = books
        self.entries: dict[str, str] = {}
        self.purses: Counter[str] = Counter()
        self.payments: dict[str, Paid] = {}
        self.cancellations: dict[tuple[str, str], list[tuple[CaptureOf, int, int]]] = {}
        self.earnings: list[Earned] = []
        self.used: Counter[str] = Counter()
        """Of limits, by what was posted."""
        self.expired: Counter[str] = Counter()
        """What was swept out of each purse, less what of that was taken back."""
        self.commands: list[Counter[str]] = [Counter()]
        """What commands used of limits, after each of the latest that changed it."""
        self.command = 0
        self.due = self.posted = self.length = 0
        self.head = ""

    def add(self, sk: str, entry: Item) -> None:
        """An entry that a transaction stored: it must be new, and follow from what was there."""
        assert sk not in self.entries, f"{sk} was stored again"
        self.entries[sk] = canonical_hash(entry)
        postings = entry.get("postings", {})
        assert sum(postings.values()) == 0, entry
        assert all(type(won) is int and won for won in postings.values()), entry
        before = Counter(self.purses)
        for account, won in postings.items():
            if account.startswith("purse/"):
                self.purses[account.removeprefix("purse/")] += won
        known = getattr(self, f"_{entry['kind']}", None)
        if known is not None:
            known(sk, entry, before)
        if "chain" in entry:
            self._link(entry, self.entries[sk])

    def _top_up(self, sk: str, entry: Item, before: Counter[str]) -> None:
        self._check_id(sk, entry)
        assert (entry["status"] == "completed") == bool(entry["postings"]) == ("chain" in entry), entry
        if not entry["postings"]:
            assert not {"rewards", "taken", "ceilings"} & entry.keys(), entry
            return
        policy = self._policy_at(entry["accepted_at"])
        assert self.purses["charged"] - self._bonus(entry) <= policy.wallet.holding_limit_verified, entry
        rewards = entry.get("rewards", ())
        self._check_given(policy, AT_TOP_UP, entry, {each["layer"]: each["won"] for each in rewards})
        expected: Counter[str] = Counter({"purse/charged": entry["amount"], entry["caller"]: -entry["amount"]})
        layers = {layer.id: layer for layer in policy.layers}
        for reward in rewards:
            layer = layers[reward["layer"]]
            into = None if layer.gives is Gives.TOP_UP_DISCOUNT else purse_of(policy, layer, entry["accepted_at"])
            assert reward.get("into") == into, (entry, into)
            expected[f"purse/{into}" if into else entry["caller"]] += reward["won"]
            self._pay(policy, layer, reward["funders"], reward["won"], entry, expected)
        assert entry["postings"] == {account: won for account, won in expected.items() if won}, (entry, expected)

    def _bonus(self, entry: Item) -> int:
        return sum(each["won"] for each in entry.get("rewards", ()) if each.get("into") == "charged")

    def _pay(
        self, policy: PolicyVersion, layer: Layer, funders: Any, won: int, entry: Item, expected: Counter[str]
    ) -> None:
        """Who funds something pays it, to the won."""
        assert sum(part for _, part in funders) == won > 0, entry
        for funder, part in funders:
            expected[account_of(funder, entry.get("merchant_id", ""))] -= part
        self._books.spend(policy, layer, [(funder, part) for funder, part in funders], entry["accepted_at"])

    def _check_given(self, policy: PolicyVersion, gives: frozenset[Gives], entry: Item, stored: dict[str, int]) -> None:
        """What is given in a command is what the policy gives on what commands before it used."""
        said = entry.get("taken", {"version": 0, "used": {}})
        ceilings = entry.get("ceilings", {})
        states = self.commands[-1:] if said["version"] else self.commands
        found = []
        for used in states:
            evaluation, uses = self._evaluated_command(policy, gives, entry, used)
            found.append(({each.layer: each.won for each in evaluation.rewards if each.won}, dict(uses)))
            if found[-1] == (stored, said["used"]):
                self._check_ceilings(entry, ceilings, evaluation)
                break
        else:
            raise AssertionError(f"{entry} gives {stored} and uses {said}, and must {found[-1]}")
        if said["version"]:
            self.command += 1
            assert said["version"] == self.command, entry
            self._change_commands(self.commands[-1] + Counter(said["used"]))

    def _evaluated_command(
        self, policy: PolicyVersion, gives: frozenset[Gives], entry: Item, used: Counter[str]
    ) -> tuple[Evaluation, Counter[str]]:
        at, amount = entry["accepted_at"], entry["amount"]
        evaluation, uses = Evaluation((), {}), Counter[str]()
        if policy.pays_at(datetime.fromisoformat(at)):
            facts, ceilings = entry.get("facts", {}), entry.get("ceilings", {})
            evaluation, uses = given(policy, gives, facts, amount, amount, used, at, ceilings)
        if gives is AT_TOP_UP:
            for limit in policy.wallet.top_up_limits:
                window = window_of(limit, at)
                uses[window] = amount
                assert limit.amount is None or used[window] + amount <= limit.amount, (entry, used)
        return evaluation, uses

    def _check_ceilings(self, entry: Item, ceilings: dict[str, int], evaluation: Evaluation) -> None:
        """A ceiling that is recorded has cut something."""
        cut = {each.layer: each.won for each in evaluation.rewards if each.uncut is not None}
        assert ceilings.items() <= cut.items(), (entry, cut)

    def _change_commands(self, used: Counter[str]) -> None:
        self.commands = [*self.commands[-MOST_STATES:], used]

    def _payment(self, sk: str, entry: Item, before: Counter[str]) -> None:
        digest = self._check_id(sk, entry)
        policy = self._policy_at(entry["accepted_at"])
        discounts = entry.get("discounts", ())
        if entry["status"] == "declined":
            assert entry["decline"], entry
            assert not entry["postings"], entry
        else:
            held = entry["status"] == "held"
            expected: Counter[str] = Counter({f"purse/{purse}": -won for purse, won in entry["paid_from"]})
            expected["purse/held" if held else f"merchant_payable/{entry['merchant_id']}"] = entry["amount"]
            layers = {layer.id: layer for layer in policy.layers}
            for layer, won, _, funders in discounts:
                self._pay(policy, layers[layer], funders, won, entry, expected)
            assert entry["postings"] == {account: won for account, won in expected.items() if won}, entry
            purses = [purse for purse, _ in entry["paid_from"]]
            check_spendable(policy, entry["facts"], purses, entry["amount"], entry["accepted_at"])
        if entry["status"] == "approved":
            self._check_given(policy, AT_PAYMENT, entry, {layer: won for layer, won, _, _ in discounts})
        else:
            assert not {"discounts", "taken", "ceilings"} & entry.keys(), entry
        payment = Paid(
            entry["status"],
            entry["amount"],
            entry["merchant_id"],
            entry["paid_from"],
            entry["facts"],
            [(layer, funder, won) for layer, _, _, funders in discounts for funder, won in funders if won],
            entry.get("taken", {}).get("used", {}),
            self.entries[sk],
            entry.get("expires_at"),
        )
        self.payments[digest] = payment
        if entry["status"] == "approved":
            payment.captures[0] = Captured(0, entry["amount"], entry["accepted_at"], self.entries[sk])
            self.due += 1

    def _capture(self, sk: str, entry: Item, before: Counter[str]) -> None:
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

    def _release(self, sk: str, entry: Item, before: Counter[str]) -> None:
        payment = self.payments[sk.partition("#")[2]]
        captured = payment.amount - payment.held
        assert entry["amount"] == payment.held > 0, (entry, payment)
        assert entry["returned"] == taken(payment.paid_from, captured, payment.amount), entry
        assert entry["reason"] != "expired" or entry["accepted_at"] >= str(payment.expires_at), entry
        assert entry["hold_hash"] == payment.hash, entry
        payment.released = entry["amount"]

    def _cancellation(self, sk: str, entry: Item, before: Counter[str]) -> None:
        digest = self._check_id(sk, entry)
        payment = self.payments[entry["payment"]]
        was = payment.cancelled
        missing = entry["amount"]
        assert missing > 0, entry
        back = self._discounts_back(payment, was, was + missing)
        discount = sum(won for _, _, won in back)
        assert [list(each) for each in back] == entry.get("discounts", []), (entry, back)
        of = []
        for number in sorted(payment.captures, reverse=True):
            capture = payment.captures[number]
            won = min(missing, capture.end - capture.start - capture.cancelled)
            if won:
                capture.cancelled += won
                missing -= won
                month = capture.accepted_at[:7]
                of.append([number, won, month, *([discount] if discount else [])])
                known = self.cancellations.setdefault((month, digest), [])
                known.append(((entry["payment"], number), won, won - discount))
        assert missing == 0, f"{missing} won more were cancelled than were captured: {entry}"
        assert entry["of"] == of, (entry, of)
        refund = entry["amount"] - discount
        assert refund >= 0, entry
        expected: Counter[str] = Counter({f"merchant_payable/{entry['paid_to']}": -entry["amount"]})
        expected["purse/refund_pending"] = refund
        for _, funder, won in back:
            expected[account_of(funder, payment.merchant)] += won
        assert entry["postings"] == {account: won for account, won in expected.items() if won}, (entry, expected)
        self._give_back(payment, back)
        self._free(payment, was, entry)
        self.due += len({month for _, _, month, *_ in of})

    def _discounts_back(self, payment: Paid, was: int, now: int) -> list[tuple[str, str, int]]:
        """By layer and funder, what is gone of a payment's discounts once `now` won of its price are cancelled, and was not before."""
        stood, stands = (self._discounts_on(payment, payment.amount - cancelled) for cancelled in (was, now))
        parts = zip(payment.discounts, stood, stands, strict=True)
        return [(layer, funder, old - new) for (layer, funder, _), old, new in parts if old != new]

    def _discounts_on(self, payment: Paid, price: int) -> list[int]:
        """What is left of each part on so much of the price: the floor of the whole, divided by shares one after another."""
        shares = sum(won for _, _, won in payment.discounts)
        rest = shares * price // payment.amount
        left = []
        for _, _, won in payment.discounts:
            left.append(rest * won // shares)
            rest, shares = rest - left[-1], shares - won
        return left

    def _give_back(self, payment: Paid, back: Sequence[tuple[str, str, int]]) -> None:
        at = payment.captures[0].accepted_at if back else ""
        for layer, funder, won in back:
            policy = self._policy_at(at)
            paid = next(each for each in policy.layers if each.id == layer)
            self._books.spend(policy, paid, [(funder, -won)], at)

    def _free(self, payment: Paid, was: int, entry: Item) -> None:
        """The use of limits that a cancellation gives back, where the wallet still carries it."""
        now, price = payment.cancelled, payment.amount
        freed = {window: won * now // price - won * was // price for window, won in payment.taken.items()}
        freed = {window: won for window, won in freed.items() if won}
        said = entry.get("taken", {"version": 0, "used": {}})
        assert said["used"] == freed, (entry, freed)
        if said["version"]:
            self.command += 1
            assert said["version"] == self.command, entry
            used = Counter(self.commands[-1])
            used.subtract(freed)
            assert all(won >= 0 for won in used.values()), (entry, used)
            self._change_commands(used)

    def _earning(self, sk: str, entry: Item, before: Counter[str]) -> None:
        _, month, digest, number = sk.split("#")
        payment = self.payments[digest]
        capture = payment.captures[int(number)]
        assert entry["slice"] == [capture.start, capture.end], entry
        assert (month, entry["accepted_at"]) == (capture.accepted_at[:7], capture.accepted_at), entry
        assert entry["chain"]["source"] == capture.source, entry
        self._next_number(entry)
        at = entry["accepted_at"]
        policy = self._policy_at(at)
        earned = Earned(
            entry["number"],
            (digest, int(number)),
            at,
            payment.merchant,
            policy,
            judged_by(policy, AFTER_PAYMENT, at),
            dict(entry.get("ceilings", {})),
        )
        evaluation = self._fold(earned, self.used)
        self._check_ceilings(entry, earned.ceilings, evaluation)
        assert +Counter({each["layer"]: each["won"] for each in entry["rewards"]}) == +earned.rewards, (entry, earned)
        assert _in_full(entry["used"], month) == dict(+earned.used), (entry, earned)
        self.used.update(earned.used)
        expected = Counter({account: -won for account, won in earned.accounts.items()})
        expected.update({f"purse/{purse}": won for purse, won in earned.purses.items()})
        assert entry["postings"] == {account: won for account, won in expected.items() if won}, (entry, expected)
        self._fund(earned, Counter())
        self.earnings.append(earned)

    def _fund(self, earned: Earned, before: Counter[tuple[str, str]]) -> None:
        """Counts what budgets paid more for an earning than `before`."""
        for layer in earned.policy.layers:
            parts = [(name, earned.funded[layer.id, name] - before[layer.id, name]) for name in layer.funders]
            self._books.spend(earned.policy, layer, parts, earned.at)

    def _correction(self, sk: str, entry: Item, before: Counter[str]) -> None:
        _, month, digest = sk.split("#")
        cancelled = self.cancellations.pop((month, digest))
        of_each = [[*of, won, *([won - refund] if won != refund else [])] for of, won, refund in cancelled]
        assert of_each == entry["cancelled"], (entry, of_each)
        assert entry["chain"]["source"] == self.entries[f"CANCELLATION#{digest}"], entry
        self._next_number(entry)
        earnings = {earned.capture: earned for earned in self.earnings}
        by_number = {earned.number: earned for earned in self.earnings}
        for of, won, _ in cancelled:
            earnings[of].lost += won
        lowered: dict[int, dict[str, int]] = defaultdict(dict)
        for number, layer, won in entry.get("ceilings", ()):
            by_number[number].ceilings[layer] = lowered[number][layer] = won
        used_before = Counter(self.used)
        changes: list[list[Any]] = []
        accounts: Counter[str] = Counter()
        came: Counter[str] = Counter()
        for earned, rewards, funded, evaluation in self._fold_again({earnings[of].number for of, _, _ in cancelled}):
            self._check_ceilings(entry, lowered.pop(earned.number, {}), evaluation)
            for layer in {**rewards, **earned.rewards}:
                if rewards[layer] != earned.rewards[layer]:
                    changes.append([earned.number, layer, earned.rewards[layer] - rewards[layer]])
                    came[earned.into(layer)] += earned.rewards[layer] - rewards[layer]
            for (_, funder), won in funded.items():
                accounts[account_of(funder, earned.merchant)] += won
            accounts.subtract(earned.accounts)
            self._fund(earned, funded)
        assert not lowered, (entry, lowered)
        assert sorted(entry["changes"]) == sorted(changes), (entry, changes)
        used = Counter(self.used)
        used.subtract(used_before)
        stored = _in_full(entry["used"], month)
        assert {window: won for window, won in used.items() if won} == stored, (entry, used)
        accounts.update(self._moved_back(entry, came, before))
        self._check_refund(entry, cancelled, before["cashback"] + accounts["purse/cashback"], earnings)
        assert entry["cashback"] == {account: won for account, won in accounts.items() if won}, (entry, accounts)
        for purse, won in (*entry["released"], ("refund_pending", -sum(refund for _, _, refund in cancelled))):
            accounts[f"purse/{purse}"] += won
        accounts["purse/cashback"] += entry["recovered"]
        assert entry["postings"] == {account: won for account, won in accounts.items() if won}, (entry, accounts)

    def _moved_back(self, entry: Item, came: Counter[str], before: Counter[str]) -> Counter[str]:
        """By account, what comes into purses or is taken out of them: what one does not have from what had expired there, or cashback."""
        moved: Counter[str] = Counter()
        gone: dict[str, int] = {}
        for purse, won in came.items():
            lacking = max(-won - before[purse], 0) if "@" in purse else 0
            unspent = min(lacking, self.expired[purse])
            if unspent:
                gone[purse] = unspent
            self.expired[purse] -= unspent
            moved[f"purse/{purse}"] += won + lacking
            moved[f"expired/{purse.partition('@')[0]}"] -= unspent
            moved["purse/cashback"] -= lacking - unspent
        assert entry.get("expired", {}) == gone, (entry, gone)
        return moved

    def _expiry(self, sk: str, entry: Item, before: Counter[str]) -> None:
        """All that has expired leaves the wallet, and nothing else."""
        at = entry["accepted_at"]
        gone = {purse: won for purse, won in before.items() if won and has_expired(purse, at)}
        assert entry["purses"] == gone != {}, (entry, before)
        assert entry["amount"] == sum(gone.values()), entry
        expected: Counter[str] = Counter({f"purse/{purse}": -won for purse, won in gone.items()})
        for purse, won in gone.items():
            expected[f"expired/{purse.partition('@')[0]}"] += won
        assert entry["postings"] == dict(expected), (entry, expected)
        self.expired.update(gone)

    def _fold_again(
        self, cancelled: set[int]
    ) -> list[tuple[Earned, Counter[str], Counter[tuple[str, str]], Evaluation]]:
        """Works out anew what was cancelled, and whatever shares a window with something that changed; with what it was before."""
        used: Counter[str] = Counter()
        changed: set[str] = set()
        again = []
        for earned in self.earnings:
            if earned.number in cancelled or earned.windows & changed or earned.ceilings:
                before = earned.rewards, earned.funded
                was = earned.used
                evaluation = self._fold(earned, used)
                changed |= {window for window in {**was, **earned.used} if was[window] != earned.used[window]}
                again.append((earned, *before, evaluation))
            used.update(earned.used)
        self.used = used
        return again

    def _check_refund(
        self,
        entry: Item,
        cancelled: Sequence[tuple[CaptureOf, int, int]],
        cashback: int,
        earnings: dict[CaptureOf, Earned],
    ) -> None:
        """First to a balance below zero; the rest in reverse debit order, on all that was ever given back of each capture."""
        recovered = missing = min(sum(refund for _, _, refund in cancelled), max(0, -cashback))
        released: Counter[str] = Counter()
        for of, _, refund in cancelled:
            kept = min(refund, missing)
            missing -= kept
            earned = earnings[of]
            payment = self.payments[of[0]]
            capture = payment.captures[of[1]]
            backwards = payment.paid_for(capture.start, capture.end)[::-1]
            back = earned.refunded - earned.recovered
            for purse, won in taken(backwards, back, back + refund - kept):
                released[purse] += won
            earned.refunded += refund
            earned.recovered += kept
        assert entry["recovered"] == recovered, (entry, cashback)
        assert dict(entry["released"]) == dict(released), (entry, released)

    def _fold(self, earned: Earned, used: Counter[str]) -> Evaluation:
        """Works out anew what an earning gives, who funds it and what it uses, on what was `used` before."""
        earned.rewards, earned.funded, earned.used = Counter(), Counter(), Counter()
        payment = self.payments[earned.capture[0]]
        capture = payment.captures[earned.capture[1]]
        policy = earned.policy
        if not policy.pays_at(datetime.fromisoformat(earned.at)):
            return Evaluation((), {})
        end = capture.end - earned.lost
        base = sum(won for purse, won in payment.paid_for(capture.start, end) if kind_of(purse) in policy.earns_from)
        amount = end - capture.start
        evaluation, earned.used = given(
            policy, AFTER_PAYMENT, payment.facts, amount, base, used, earned.at, earned.ceilings
        )
        for reward in evaluation.rewards:
            earned.rewards[reward.layer] = reward.won
            for funder, won in reward.funders:
                earned.funded[reward.layer, funder] += won
        return evaluation

    def _policy_at(self, at: str) -> PolicyVersion:
        return self._policies.at(datetime.fromisoformat(at))

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
        for window, won in wallet["usage"].items():
            assert self.used[window] == won, (window, wallet, self.used)
        stored = wallet.get("taken", {"version": 0, "used": {}})
        assert stored["version"] == self.command, wallet
        assert all(self.commands[-1][window] == won for window, won in stored["used"].items()), (wallet, self.commands)

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
        known = {window for earned in self.earnings for window in earned.windows}
        assert wallet["usage"].keys() <= known, wallet
        used = {window: won for window, won in self.used.items() if won}
        months = [month for window in {**wallet["usage"], **used} if (month := _month_begun(window))]
        if not months:
            return
        year, number = divmod(int(max(months)[:4]) * 12 + int(max(months)[5:]) - 2, 12)
        kept = {window: won for window, won in used.items() if _reaches(window, f"{year:04}-{number + 1:02}")}
        assert kept.items() <= wallet["usage"].items(), (wallet, kept)


def _month_begun(window: str) -> str | None:
    """The month in which a window begins; an event's name says when it ends."""
    name = window.partition("@")[2]
    if name.startswith("until"):
        return None
    return name[:7] if "-" in name else f"{name}-01"


def _reaches(window: str, month: str) -> bool:
    """Whether a window reaches into a month or beyond."""
    name = window.partition("@")[2].removeprefix("until-")
    return name[: len(month)] >= month[: len(name)]


def _in_full(used: Item, month: str) -> dict[str, int]:
    """Use by limit and window of what an entry of `month` says."""
    return {key if "@" in key else f"{key}@{month}": won for key, won in used.items()}


class Reference:
    """All wallets. `observe` is told what each transaction left behind."""

    def __init__(self, policies: Policies, books: BudgetReference) -> None:
        self.policies = policies
        self.books = books
        self.wallets: dict[str, WalletReference] = {}
        self._states: dict[str, Item] = {}

    def observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        ledger = [(key, item) for key, item in changed if key.table is Table.LEDGER]
        for pk in dict.fromkeys(key.pk for key, _ in ledger):
            self._observe_wallet(pk, {key.sk: item for key, item in ledger if key.pk == pk})
        self.books.observe([(key, item) for key, item in changed if key.table is Table.BUDGETS])

    def _observe_wallet(self, pk: str, changed: dict[str, Item]) -> None:
        known = self.wallets.get(pk)
        if known is None:
            known = self.wallets[pk] = WalletReference(self.policies, self.books)
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
