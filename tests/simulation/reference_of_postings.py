"""The expected earnings, corrections and expiries of a wallet, and the wallet itself, computed with none of the product's rules.

Only the evaluator of policies is the product's.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eeum.policy.rules import AFTER_PAYMENT, Evaluation
from tests.corrections_in_parts import digest_of_key, is_further, whole_corrections
from tests.simulation.reference_of_commands import CommandsReference
from tests.simulation.reference_of_entries import taken
from tests.simulation.reference_of_payments import CaptureOf, Earned, Item, account_of
from tests.simulation.reference_of_policies import (
    given,
    has_expired,
    judged_by,
    kind_of,
)
from tests.stored_forms import named_rewards

ENDED = ("voided", "expired", "reversed", "cancelled")


class WalletReference(CommandsReference):
    """The reference of one wallet. `whole` are the corrections of the present transaction, by month and digest, each as one entry.

    `moved_by` is what the latest correction moves for each earning, by accrual number; `parts` counts further parts of corrections.
    """

    whole: dict[tuple[str, str], Item]
    moved_by: dict[int, Counter[str]]
    parts = 0

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
        assert +Counter({each["layer"]: each["won"] for each in named_rewards(entry)}) == +earned.rewards, (
            entry,
            earned,
        )
        assert _in_full(entry["used"], month) == dict(+earned.used), (entry, earned)
        self.used.update(earned.used)
        expected = Counter({account: -won for account, won in earned.accounts.items()})
        expected.update({f"purse/{purse}": won for purse, won in earned.purses.items()})
        assert entry["postings"] == {account: won for account, won in expected.items() if won}, (entry, expected)
        self._fund(earned, Counter())
        self.earnings.append(earned)

    def _fund(self, earned: Earned, before: Counter[tuple[str, str]]) -> None:
        """Count how much more than `before` budgets paid for an earning."""
        for layer in earned.policy.layers:
            parts = [(name, earned.funded[layer.id, name] - before[layer.id, name]) for name in layer.funders]
            self._books.spend(earned.policy, layer, parts, earned.at)

    def begin(self, entries: Sequence[Item]) -> None:
        """Begin a transaction, which stores all parts of a correction, or none."""
        corrections = [entry for entry in entries if entry["kind"] == "correction"]
        self.whole = {(entry["month"], digest_of_key(entry["sk"])): entry for entry in whole_corrections(corrections)}

    def _further_part(self, entry: Item) -> None:
        """Check a further part, which moves only its own changes; what other purses paid is in the first part."""
        self.due += 1
        self.parts += 1
        expected: Counter[str] = Counter()
        for number in {number for number, _, _ in entry["changes"]}:
            expected.update(self.moved_by[number])
        assert entry["cashback"] == {account: won for account, won in expected.items() if won}, (entry, expected)

    def _correction(self, sk: str, entry: Item, before: Counter[str]) -> None:
        month, digest = sk.split("#")[1], digest_of_key(sk)
        assert entry["chain"]["source"] == self.entries[f"CANCELLATION#{digest}"], entry
        self._next_number(entry)
        if is_further(entry):
            self._further_part(entry)
            return
        entry = self.whole[month, digest]
        cancelled = self.cancellations.pop((month, digest))
        of_each = [[*of, won, *([won - refund] if won != refund else [])] for of, won, refund in cancelled]
        assert of_each == entry["cancelled"], (entry, of_each)
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
        self.moved_by = {}
        for earned, rewards, funded, evaluation in self._fold_again({earnings[of].number for of, _, _ in cancelled}):
            self._check_ceilings(entry, lowered.pop(earned.number, {}), evaluation)
            moved = self.moved_by[earned.number] = Counter()
            for layer in {**rewards, **earned.rewards}:
                if rewards[layer] != earned.rewards[layer]:
                    changes.append([earned.number, layer, earned.rewards[layer] - rewards[layer]])
                    came[earned.into(layer)] += earned.rewards[layer] - rewards[layer]
                    moved[f"purse/{earned.into(layer)}"] += earned.rewards[layer] - rewards[layer]
            for (_, funder), won in funded.items():
                accounts[account_of(funder, earned.merchant)] += won
                moved[account_of(funder, earned.merchant)] += won
            accounts.subtract(earned.accounts)
            moved.subtract(earned.accounts)
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
        """What purses get or lose, by account: what a purse lacks is taken from what had expired there, or from cashback."""
        moved: Counter[str] = Counter()
        gone: dict[str, int] = {}
        spent: dict[str, int] = {}
        for purse, won in came.items():
            lacking = max(-won - before[purse], 0) if "@" in purse else 0
            unspent = min(lacking, self.expired[purse])
            if unspent:
                gone[purse] = unspent
            self.expired[purse] -= unspent
            self.without_debts[purse] += won + unspent
            self.loaded[purse] += unspent
            moved[f"purse/{purse}"] += won + lacking
            moved[f"expired/{purse.partition('@')[0]}"] -= unspent
            moved["purse/cashback"] -= lacking - unspent
            if lacking != unspent:
                spent[purse] = lacking - unspent
        assert entry.get("expired", {}) == gone, (entry, gone)
        assert entry.get("spent", {}) == spent, (entry, spent)
        self.owed.spent(spent)
        return moved

    def _expiry(self, sk: str, entry: Item, before: Counter[str]) -> None:
        """Check that everything expired leaves the wallet, and nothing else."""
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
        """Recompute what was cancelled, and each earning that shares a window with a change; return the values before."""
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
        """Check a refund: in reverse debit order, over all refunds of each capture; first debts are repaid, then cashback is filled."""
        portions: list[list[Any]] = []
        for of, _, refund in cancelled:
            earned = earnings[of]
            payment = self.payments[of[0]]
            capture = payment.captures[of[1]]
            backwards = payment.paid_for(capture.start, capture.end)[::-1]
            portions += taken(backwards, earned.refunded, earned.refunded + refund)
            earned.refunded += refund
        self._come_back("refund_pending", portions)
        going, repaid = self.owed.back(portions)
        self.repaid += bool(repaid)
        assert entry.get("repaid", []) == repaid, (entry, repaid)
        recovered = self.owed.recovered(going, max(0, -cashback))
        assert entry["recovered"] == sum(recovered.values()), (entry, cashback)
        assert entry.get("recovered_from", {}) == recovered, (entry, recovered)
        assert dict(entry["released"]) == {purse: won for purse, won in going.items() if won}, (entry, going)

    def _fold(self, earned: Earned, used: Counter[str]) -> Evaluation:
        """Recompute an earning's rewards, funders and limit usage, with earlier usage `used`."""
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
            self._policies, policy, AFTER_PAYMENT, payment.facts, amount, base, used, earned.at, earned.ceilings
        )
        for reward in evaluation.rewards:
            earned.rewards[reward.layer] = reward.won
            for funder, won in reward.funders:
                earned.funded[reward.layer, funder] += won
        return evaluation

    def check_wallet(self, wallet: Item) -> None:
        """Check the wallet after a transaction."""
        for purse, state in wallet["purses"].items():
            assert state["amount"] == self.purses[purse], (purse, wallet, self.purses)
            assert purse == "cashback" or state["amount"] >= 0, wallet
        assert not any(won for purse, won in self.purses.items() if purse not in wallet["purses"]), wallet
        assert (wallet["due"], wallet["posted"]) == (self.due, self.posted), wallet
        assert wallet["chain"] == {"length": self.length, "head": self.head}, wallet
        assert wallet["purses"]["held"]["amount"] >= 0, wallet
        assert wallet.get("debts", {}) == self.owed.stored, (wallet, self.owed.stored)
        for purse in {*self.purses, *self.without_debts}:
            has = self.purses[purse] + self.owed.lent(purse)
            assert has == self.without_debts[purse], (
                f"{purse} is not as if nothing were owed: {wallet, self.without_debts}"
            )
        assert (wallet.get("negative") is not None) == (wallet["purses"]["cashback"]["amount"] < 0), wallet
        self._check_undone(wallet)
        for window, won in wallet["usage"].items():
            assert self.used[window] == won, (window, wallet, self.used)
        stored = wallet.get("taken", {"version": 0, "used": {}})
        assert stored["version"] == self.command, wallet
        assert all(self.commands[-1][window] == won for window, won in stored["used"].items()), (wallet, self.commands)

    def _check_undone(self, wallet: Item) -> None:
        """Check that each purse has what was loaded into it, if everything was undone and nothing is pending."""
        if self.not_undone or self.due != self.posted or not self.payments:
            return
        self.undone += 1
        assert +self.purses == +self.loaded, (
            f"everything was undone, and {wallet} has not what was loaded: {self.loaded}"
        )

    def check_progress(self, digest: str, progress: Item) -> None:
        payment = self.payments[digest]
        assert progress["held"] == payment.held, (progress, payment)
        assert ("expiring" in progress) == (payment.held > 0), progress
        captures = [[each.end - each.start, each.cancelled, each.accepted_at[:7]] for each in payment.captures.values()]
        assert progress["captures"] == captures, (progress, captures)
        ended = payment.status_now if payment.status_now in ENDED else None
        assert progress.get("ended_by") == ended, (progress, payment)

    def check_drained(self, wallet: Item) -> None:
        """Check that after all deliveries nothing is due or waits, and that all limit usage is known."""
        assert self.due == self.posted, f"{self.due - self.posted} postings never came: {wallet}"
        assert not self.cancellations, self.cancellations
        assert self.purses["refund_pending"] == 0, wallet
        assert self.purses["held"] == sum(payment.held for payment in self.payments.values()), wallet
        self._check_carried(wallet)

    def _check_carried(self, wallet: Item) -> None:
        """Check that the wallet has the usage of the latest month with any, even if it was cancelled, and of the month before."""
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
    """The month in which a window begins; an event's name contains its end."""
    name = window.partition("@")[2]
    if name.startswith("until"):
        return None
    return name[:7] if "-" in name else f"{name}-01"


def _reaches(window: str, month: str) -> bool:
    """Whether a window reaches into a month or beyond."""
    name = window.partition("@")[2].removeprefix("until-")
    return name[: len(month)] >= month[: len(name)]


def _in_full(used: Item, month: str) -> dict[str, int]:
    """The usage in an entry of `month`, by limit and window."""
    return {key if "@" in key else f"{key}@{month}": won for key, won in used.items()}
