"""The expected payments, top-ups, captures and cancellations of a wallet, computed step by step with none of the product's rules."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eeum.ids import entry_id, request_digest
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, Evaluation, Layer, PolicyVersion, RewardKind
from tests.simulation.reference_of_budgets import BudgetReference
from tests.simulation.reference_of_debts import Owed
from tests.simulation.reference_of_entries import canonical_hash, link_hash, taken
from tests.simulation.reference_of_payments import Captured, CaptureOf, Earned, Item, Paid, account_of
from tests.simulation.reference_of_policies import (
    Policies,
    check_spendable,
    given,
    purse_of,
    window_of,
)

UNDOABLE = frozenset({"payment", "capture", "release", "cancellation", "earning", "correction"})
MOST_STATES = 40
"""The most commands of a wallet between the read and the write of another one."""


class CommandsReference:
    """The effects of commands on a wallet; those of accruals are in `tests.simulation.reference_of_postings`."""

    def __init__(self, policies: Policies, books: BudgetReference) -> None:
        self._policies = policies
        self._books = books
        self.entries: dict[str, str] = {}
        self.purses: Counter[str] = Counter()
        self.payments: dict[str, Paid] = {}
        self.cancellations: dict[tuple[str, str], list[tuple[CaptureOf, int, int]]] = {}
        self.earnings: list[Earned] = []
        self.used: Counter[str] = Counter()
        """Limit usage by accruals."""
        self.expired: Counter[str] = Counter()
        """The amount that was swept out of each purse, less what of it was taken back."""
        self.owed = Owed()
        self.without_debts: Counter[str] = Counter()
        """Each purse without debts: everything that was added and removed under its own name."""
        self.loaded: Counter[str] = Counter()
        """What was loaded into each purse, not from a payment, less what of it expired."""
        self.not_undone = 0
        """Amount of payments that is neither cancelled nor released."""
        self.repaid = self.undone = 0
        """How often debts were repaid, and how often everything of the wallet was undone."""
        self.commands: list[Counter[str]] = [Counter()]
        """Limit usage by commands, after each of the latest changes."""
        self.command = 0
        self.due = self.posted = self.length = 0
        self.head = ""

    def add(self, sk: str, entry: Item) -> None:
        """Check an entry that a transaction stored: it must be new, and follow from the state before."""
        assert sk not in self.entries, f"{sk} was stored again"
        self.entries[sk] = canonical_hash(entry)
        postings = entry.get("postings", {})
        assert sum(postings.values()) == 0, entry
        assert all(type(won) is int and won for won in postings.values()), entry
        before = Counter(self.purses)
        for account, won in postings.items():
            if account.startswith("purse/"):
                self.purses[account.removeprefix("purse/")] += won
                if entry["kind"] not in ("release", "correction"):
                    self.without_debts[account.removeprefix("purse/")] += won
                if entry["kind"] not in UNDOABLE:
                    self.loaded[account.removeprefix("purse/")] += won
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
            assert reward["layer"] in layers, f"a layer that does not act gives something: {entry}"
            layer = layers[reward["layer"]]
            into = (
                None
                if layer.reward_kind is RewardKind.TOP_UP_DISCOUNT
                else purse_of(policy, layer, entry["accepted_at"])
            )
            assert reward.get("into") == into, (entry, into)
            expected[f"purse/{into}" if into else entry["caller"]] += reward["won"]
            self._pay(policy, layer, reward["funders"], reward["won"], entry, expected)
        assert entry["postings"] == {account: won for account, won in expected.items() if won}, (entry, expected)

    def _bonus(self, entry: Item) -> int:
        return sum(each["won"] for each in entry.get("rewards", ()) if each.get("into") == "charged")

    def _pay(
        self, policy: PolicyVersion, layer: Layer, funders: Any, won: int, entry: Item, expected: Counter[str]
    ) -> None:
        """Check that each funder pays its part, to the won."""
        assert sum(part for _, part in funders) == won > 0, entry
        for funder, part in funders:
            expected[account_of(funder, entry.get("merchant_id", ""))] -= part
        self._books.spend(policy, layer, [(funder, part) for funder, part in funders], entry["accepted_at"])

    def _check_given(
        self, policy: PolicyVersion, gives: frozenset[RewardKind], entry: Item, stored: dict[str, int]
    ) -> None:
        """Check that a command's rewards are those of the policy, with the limit usage of earlier commands."""
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
        self, policy: PolicyVersion, gives: frozenset[RewardKind], entry: Item, used: Counter[str]
    ) -> tuple[Evaluation, Counter[str]]:
        at, amount = entry["accepted_at"], entry["amount"]
        evaluation, uses = Evaluation((), {}), Counter[str]()
        if policy.pays_at(datetime.fromisoformat(at)):
            facts, ceilings = entry.get("facts", {}), entry.get("ceilings", {})
            evaluation, uses = given(self._policies, policy, gives, facts, amount, amount, used, at, ceilings)
        if gives is AT_TOP_UP:
            for limit in policy.wallet.top_up_limits:
                window = window_of(limit, at)
                uses[window] = amount
                assert limit.amount is None or used[window] + amount <= limit.amount, (entry, used)
        return evaluation, uses

    def _check_ceilings(self, entry: Item, ceilings: dict[str, int], evaluation: Evaluation) -> None:
        """Check that a stored funded amount is less than the reward."""
        cut = {each.layer: each.won for each in evaluation.rewards if each.uncut is not None}
        assert ceilings.items() <= cut.items(), (entry, cut)

    def _change_commands(self, used: Counter[str]) -> None:
        self.commands = [*self.commands[-MOST_STATES:], used]

    def _payment(self, sk: str, entry: Item, before: Counter[str]) -> None:
        digest = self._check_id(sk, entry)
        policy = self._policy_at(entry["accepted_at"])
        discounts = entry.get("discounts", ())
        if entry["status"] == "declined":
            assert entry.get("decline"), entry
            assert not entry["postings"], entry
        else:
            held = entry["status"] == "held"
            expected: Counter[str] = Counter({f"purse/{purse}": -won for purse, won in entry["paid_from"]})
            expected["purse/held" if held else f"merchant_payable/{entry['merchant_id']}"] = entry["amount"]
            layers = {layer.id: layer for layer in policy.layers}
            for layer, won, _, funders in discounts:
                assert layer in layers, f"a layer that does not act gives something: {entry}"
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
        self.not_undone += payment.amount if payment.status != "declined" else 0
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
        held_from = taken(payment.paid_from, captured, payment.amount)
        self._come_back("held", held_from)
        going, repaid = self.owed.back(held_from)
        self.repaid += bool(repaid)
        assert (dict(entry["returned"]), entry.get("repaid", [])) == (going, repaid), (entry, going, repaid)
        assert entry["reason"] != "expired" or entry["accepted_at"] >= str(payment.expires_at), entry
        assert entry["hold_hash"] == payment.hash, entry
        payment.released, payment.released_by = entry["amount"], entry["reason"]
        self.not_undone -= entry["amount"]

    def _come_back(self, waited_in: str, portions: Sequence[Sequence[Any]]) -> None:
        for purse, won in portions:
            self.without_debts[purse] += won
            self.without_debts[waited_in] -= won

    def _cancellation(self, sk: str, entry: Item, before: Counter[str]) -> None:
        digest = self._check_id(sk, entry)
        payment = self.payments[entry["payment"]]
        # Recognised by its key alone, since a merchant could also write its reason.
        wallet_id = entry["pk"].removeprefix("WALLET#")
        payment.reversed |= digest == request_digest("reversed", wallet_id, entry["payment"])
        was = payment.cancelled
        missing = entry["amount"]
        self.not_undone -= missing
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
        """The discounts, by layer and funder, that are lost when `now` won of a payment's price are cancelled, and were not before."""
        stood, stands = (self._discounts_on(payment, payment.amount - cancelled) for cancelled in (was, now))
        parts = zip(payment.discounts, stood, stands, strict=True)
        return [(layer, funder, old - new) for (layer, funder, _), old, new in parts if old != new]

    def _discounts_on(self, payment: Paid, price: int) -> list[int]:
        """The rest of each part for this much of the price: the floor of the whole, divided by shares one after another."""
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
        """Reduce limit usage for a cancellation, where the wallet still has it."""
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
