"""All balances as they stand, with what was appended and is in no page yet: for audits and rebuilds, which do not wait for a fold."""

from eeum.balances.page_store import PageStore
from eeum.balances.rules import Holder, Projection, add_to, by_page, every_page, without_nothing


def whole(store: PageStore, projection: Projection) -> dict[Holder, dict[str, int]]:
    """Every balance, exactly, of an instant between `projection` was read and the answer, for each page its own; those without any won
    are left out.

    A fold may go on meanwhile: a batch is added to the pages that are not folded up to it. Costs a read unit for each of the pages, of
    which there are some four thousand, in 41 round trips, and one for each 4 KB of batches.
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
