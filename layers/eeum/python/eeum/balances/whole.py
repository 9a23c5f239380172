"""All balances with the batches that are in no page yet: for audits and rebuilds, which cannot wait for a fold."""

from eeum.balances.page_store import PageStore
from eeum.balances.rules import Holder, Projection, add_to, by_page, every_page, without_nothing


def whole(store: PageStore, projection: Projection) -> dict[Holder, dict[str, int]]:
    """Every balance, exactly, without zeros; each page as of an instant between the read of `projection` and the return.

    A fold may run at the same time: a batch is added only to pages that it is not folded into. Costs a read unit for each of some four
    thousand pages, in 41 round trips, and one for each 4 KB of batches.
    """
    waiting = [
        (number, by_page(amounts))
        for number in range(projection.folded + 1, projection.round + 1)
        for amounts in store.batches(projection.generation, number)
    ]
    found: dict[Holder, dict[str, int]] = {}
    for name, page in store.every_page(every_page()):
        folded = projection.folded
        if page and projection.has(page):
            add_to(found, page.balances)
            if page.generation == projection.generation:
                folded = max(folded, page.round)
        for number, amounts in waiting:
            if number > folded and name in amounts:
                add_to(found, amounts[name])
    return without_nothing(found)
