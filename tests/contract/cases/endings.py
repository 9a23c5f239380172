"""Endings of payments of an earlier version: read from their entries, since their progress does not say."""

from eeum.payments.items import progress_key
from eeum.payments.progress import cancel, release, reversal_digest
from eeum.payments.rules import Payment
from eeum.storage import Remove, Storage, Update
from eeum.unit_of_work import commit
from tests.contract.cases import case
from tests.contract.cases.progress import LATER, _held, _paid, _state, _store
from tests.contract.examples import acceptance
from tests.patience import patience_of


def _released(storage: Storage, member: str, reason: str) -> Payment:
    made = _held(storage, member)
    state = _state(storage, made)
    accepted = acceptance(made.acceptance.wallet_id, f"a-release-of-{member}", LATER)
    _store(storage).release(*release(made, state.progress, accepted, reason, state.payment_hash), state)
    return made


def _cancelled(storage: Storage, member: str, *, reversed_: bool) -> Payment:
    made = _paid(storage, member)
    state = _state(storage, made)
    wallet_id = made.acceptance.wallet_id
    accepted = acceptance(wallet_id, f"a-cancellation-of-{member}", LATER)
    if reversed_:
        accepted = accepted._replace(digest=reversal_digest(wallet_id, made.acceptance.digest))
    _store(storage).cancel(*cancel(made, state.progress, accepted, None, "reversed"), state)
    return made


@case
def how_a_payment_ended_is_read_from_its_entries_where_its_progress_does_not_say(storage: Storage) -> None:
    ended = {
        "voided": _released(storage, "one", "voided"),
        "expired": _released(storage, "two", "expired"),
        "reversed": _cancelled(storage, "three", reversed_=True),
        "cancelled": _cancelled(storage, "four", reversed_=False),
    }
    held, open_payment = _held(storage, "five"), _paid(storage, "six")
    payments = [*ended.values(), held, open_payment]
    said = [each.ended_by for each in _store(storage).progress(payments)]
    assert said == [*ended, None, None]
    for made in ended.values():
        key = progress_key(made.acceptance.wallet_id, made.acceptance.digest)
        commit(storage, patience_of(), Update(key, (Remove(("ended_by",)),)))
    assert [each.ended_by for each in _store(storage).progress(payments)] == said
