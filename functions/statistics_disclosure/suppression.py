"""Secondary suppression: which more cells are suppressed so that no suppressed value can be computed from the others.

A greedy method with linear programmes. For every suppressed cell, upwards and downwards, it looks for the cheapest movement of values that
leaves everything published as it is, and suppresses the cells that have to move. Such a movement is the proof that the cell is protected.
At the end, suppressions that no proof needs any more are taken back. No random numbers and no time limits: the same tables give the same
suppressions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from statistics_disclosure.cells import MONTH
from statistics_disclosure.network import Movement
from statistics_disclosure.problem import Problem
from statistics_disclosure.refusals import CannotProtect

ALREADY = 1e-3
"""What it costs to move a suppressed node: little, so that few of them move."""
MOST_ATTEMPTS = 4_000
"""How many movements the last step may look for. A time limit would make the result depend on the machine."""

WORTH_KEEPING = 0.01
"""A movement also proves the protection of nodes that move by at least this part of its largest move; smaller moves are inexact."""

Proofs = list[frozenset[int]]


def suppressed(problem: Problem) -> frozenset[int]:
    """The nodes to suppress, with `problem.hidden` among them. Raises `CannotProtect`."""
    search = _Search(problem)
    search.protect_all()
    search.take_back()
    return frozenset(search.hidden)


@dataclass
class _Search:
    problem: Problem
    hidden: set[int] = field(init=False)
    proofs: dict[int, Proofs] = field(default_factory=dict)
    known: defaultdict[int, list[tuple[frozenset[int], Movement]]] = field(default_factory=lambda: defaultdict(list))
    attempts: int = 0

    def __post_init__(self) -> None:
        self.hidden = set(self.problem.hidden)
        self.costs = list(self.problem.losses)
        self.near: dict[str | None, set[int]] = {}
        for number in self.problem.movable:
            self.near.setdefault(self._month(number), set()).add(number)
        for number in self.hidden:
            self.costs[number] = ALREADY

    def protect_all(self) -> None:
        """Protect the nodes with the largest values first, and then those that are suppressed for them."""
        waiting = [(-self.problem.ups[number], number) for number in self.hidden]
        heapify(waiting)
        while waiting:
            _, target = heappop(waiting)
            proofs: Proofs = []
            for amount, frozen in self._demands(target, proofs):
                proof = self._known(target, amount, self.hidden, frozen) or self._movement(target, amount, frozen)
                proofs.append(proof)
                for number in sorted(proof - self.hidden):
                    self.hidden.add(number)
                    self.costs[number] = ALREADY
                    heappush(waiting, (-self.problem.ups[number], number))
            self.proofs[target] = proofs

    def take_back(self) -> None:
        """Publish what no proof needs, the most informative cells first."""
        own = self.problem.hidden
        for number in sorted(self.hidden - own, key=lambda each: (-self.problem.losses[each], each)):
            fewer = self.hidden - {number}
            found: dict[int, Proofs] = {}
            for target in sorted(self.proofs):
                if target != number and any(number in proof for proof in self.proofs[target]):
                    proofs = self._proofs_within(target, fewer) if self.attempts < MOST_ATTEMPTS else None
                    if proofs is None:
                        break
                    found[target] = proofs
            else:
                del self.proofs[number]
                self.hidden = fewer
                self.proofs.update(found)

    def _demands(self, target: int, proofs: Proofs) -> Iterator[tuple[int, frozenset[int]]]:
        """The amounts that the target must be able to move, and for each the nodes that cannot move with it.

        A shop that is alone in a cell knows it: a sensitive cell must be protected from this shop, too. A movement that does not use the
        shop's cells protects from it already, so the demands follow from the proofs found so far.
        """
        problem = self.problem
        for amount in (problem.ups[target], -problem.downs[target]):
            if not amount:
                continue
            yield amount, frozenset()
            if target in problem.sensitive:
                for insider in sorted(proofs[-1] & problem.insiders.keys()):
                    if target not in problem.insiders[insider]:
                        yield amount, frozenset([insider])

    def _movement(self, target: int, amount: int, frozen: frozenset[int]) -> frozenset[int]:
        """A proof that may suppress more. Cells of the target's month are tried first, which is a small programme, and then all."""
        problem = self.problem
        month = self._month(target)
        spaces: list[Set[int]] = [problem.movable]
        if month is not None:
            spaces = [self.near[month], self.near[month] | self.hidden, problem.movable]
        for space in spaces:
            proof = self._solved(target, amount, (space | {target}) - frozen)
            if proof is not None:
                return proof
        raise CannotProtect(f"No suppression protects {problem.versions[target].cell}.")

    def _solved(self, target: int, amount: int, free: Collection[int]) -> frozenset[int] | None:
        moved = self.problem.network.movement(target, amount, free, self.costs)
        if moved is None:
            return None
        proof, farthest = frozenset(moved), max(map(abs, moved.values()))
        for node, far in moved.items():
            if abs(far) > farthest * WORTH_KEEPING:
                self.known[node].append((proof, moved))
        return proof

    def _known(self, target: int, amount: int, hidden: Set[int], frozen: frozenset[int]) -> frozenset[int] | None:
        """A movement found before, for another cell or direction, that proves this one too."""
        for proof, moved in reversed(self.known[target]):
            if not proof & frozen and proof <= hidden and self.problem.network.reaches(moved, target, amount):
                return proof
        return None

    def _proofs_within(self, target: int, hidden: set[int]) -> Proofs | None:
        proofs: Proofs = []
        for amount, frozen in self._demands(target, proofs):
            proof = self._known(target, amount, hidden, frozen)
            if proof is None:
                self.attempts += 1
                month = self._month(target)
                proof = self._solved(target, amount, (hidden & self.near[month]) - frozen) if month else None
                proof = proof or self._solved(target, amount, hidden - frozen)
            if proof is None:
                return None
            proofs.append(proof)
        return proofs

    def _month(self, number: int) -> str | None:
        return dict(self.problem.versions[number].cell.coordinates).get(MONTH)
