"""Writing version 1 ends when it should, also in threads that begin and end in any order."""

import threading

from eeum.cashback import store as cashback_store
from eeum.payments import store as payment_store
from tests.contract.examples import payment
from tests.version_1 import written_in_version_1


def _form() -> type:
    return type(payment_store.payment_item(payment("wallet"))["facts"])


def test_threads_that_overlap_leave_no_writer_of_version_1() -> None:
    """The first to begin is the first to end: undone in any order, one thread's patches would restore another's."""
    before = payment_store.payment_item, cashback_store.item_of
    both, first_left, seen = threading.Barrier(2), threading.Event(), []

    def first() -> None:
        with written_in_version_1():
            both.wait(10)
            seen.append(_form())
        first_left.set()

    def second() -> None:
        with written_in_version_1():
            both.wait(10)
            assert first_left.wait(10)
            seen.append(_form())

    threads = [threading.Thread(target=each) for each in (first, second)]
    for each in threads:
        each.start()
    in_another = _form()
    for each in threads:
        each.join(20)

    assert seen == [dict, dict]
    assert in_another is list
    assert (payment_store.payment_item, cashback_store.item_of) == before
    assert _form() is list


def test_it_may_be_nested() -> None:
    with written_in_version_1():
        with written_in_version_1():
            assert _form() is dict
        assert _form() is dict
    assert _form() is list
