"""The expected state of every wallet, computed step by step from what each transaction stored, with none of the product's rules.

It uses only the product's evaluator of policies. A violation is an `AssertionError` that says what was found.
"""

from collections import defaultdict
from collections.abc import Sequence

from eeum.storage import Key, Table
from tests.simulation.reference_of_bank_references import CLAIMS, BankReferences
from tests.simulation.reference_of_budgets import BudgetReference
from tests.simulation.reference_of_entries import canonical_hash
from tests.simulation.reference_of_payments import Item
from tests.simulation.reference_of_policies import Policies
from tests.simulation.reference_of_postings import WalletReference

STATES = ("WALLET", "PROGRESS#")


class Reference:
    """The reference model of all wallets. Call `observe` with what each transaction stored."""

    def __init__(self, policies: Policies, books: BudgetReference) -> None:
        self.policies = policies
        self.books = books
        self.wallets: dict[str, WalletReference] = {}
        self.references = BankReferences()
        self._states: dict[str, Item] = {}

    def observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        ledger = [(key, item) for key, item in changed if key.table is Table.LEDGER]
        self.references.observe(ledger)
        for pk in dict.fromkeys(key.pk for key, _ in ledger if not key.pk.startswith(CLAIMS)):
            self._observe_wallet(pk, {key.sk: item for key, item in ledger if key.pk == pk})
        self.books.observe([(key, item) for key, item in changed if key.table is Table.BUDGETS])

    def _observe_wallet(self, pk: str, changed: dict[str, Item]) -> None:
        known = self.wallets.get(pk)
        if known is None:
            known = self.wallets[pk] = WalletReference(self.policies, self.books)
        entries = [(sk, item) for sk, item in changed.items() if not sk.startswith(STATES)]
        # Linked entries in their order; entries without a link, such as sources, come first.
        known.begin([item for _, item in entries])
        for sk, item in sorted(entries, key=lambda each: each[1].get("chain", {}).get("length", 0)):
            known.add(sk, item)
        if "WALLET" in changed:
            self._states[pk] = changed["WALLET"]
        known.check_wallet(self._states[pk])
        for sk, item in changed.items():
            if sk.startswith("PROGRESS#"):
                known.check_progress(sk.partition("#")[2], item)

    def check_whole(self, items: Sequence[tuple[Key, Item]]) -> None:
        """Check that every item is as it was stored, and that every wallet equals the reference."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for key, item in items:
            if key.table is not Table.LEDGER or key.pk.startswith(CLAIMS):
                continue
            if key.sk == "WALLET":
                self.wallets[key.pk].check_wallet(item)
            elif not key.sk.startswith(STATES):
                found[key.pk][key.sk] = canonical_hash(item)
        for pk, known in self.wallets.items():
            assert found[pk] == known.entries, f"entries of {pk} were changed, lost or added without the storage"

    def check_drained(self, items: Sequence[tuple[Key, Item]]) -> None:
        for key, item in items:
            if key.table is Table.LEDGER and key.sk == "WALLET":
                self.wallets[key.pk].check_drained(item)
