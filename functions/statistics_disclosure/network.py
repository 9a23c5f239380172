"""Cells as nodes and sums as equations, for linear programmes about how far values can move while all that is published stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_matrix, hstack

INFEASIBLE = 2
"""The solver's status of a programme that has no solution."""
Movement = Mapping[int, float]
"""By node: how far its value moves."""
FARTHEST = 8.0
"""How far a value may move, as a multiple of the protected amount. The bound keeps the linear programme's numbers accurate."""
SMALL = 0.01
"""A node that can fall only by a part of the protected amount costs more to move; below this part, the cost stays the same."""
LEAST = 1e-6
"""A movement below this part of the protected amount counts as zero."""


@dataclass(frozen=True)
class Network:
    """Nodes with their true values, and equations as (whole, parts)."""

    values: Sequence[int]
    equations: Sequence[tuple[int, tuple[int, ...]]]

    @cached_property
    def matrix(self) -> csc_matrix:
        """A row for each equation: 1 for its whole, -1 for its parts."""
        entries = [
            (row, node, sign)
            for row, (whole, parts) in enumerate(self.equations)
            for node, sign in ((whole, 1.0), *((part, -1.0) for part in parts))
        ]
        rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
        return csc_matrix((signs, (rows, columns)), shape=(len(self.equations), len(self.values)))

    @cached_property
    def equations_of(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.values]
        for number, (whole, parts) in enumerate(self.equations):
            for node in (whole, *parts):
                found[node].append(number)
        return found

    def reachable(self, start: int, free: Collection[int]) -> list[int]:
        """The free nodes that movements of `start` can touch, sorted."""
        seen, waiting, rows = {start}, [start], set()
        while waiting:
            for number in self.equations_of[waiting.pop()]:
                if number not in rows:
                    rows.add(number)
                    whole, parts = self.equations[number]
                    found = [node for node in (whole, *parts) if node in free and node not in seen]
                    seen.update(found)
                    waiting += found
        return sorted(seen)

    def ancestors(self, start: int) -> frozenset[int]:
        """The nodes that contain a node: the totals that it is a part of, and theirs."""
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            node = waiting.pop()
            found = {self.equations[number][0] for number in self.equations_of[node]} - seen - {node}
            found = {whole for whole in found if any(node in self.equations[n][1] for n in self.equations_of[whole])}
            seen |= found
            waiting += found
        return frozenset(seen)

    def reaches(self, moved: Movement, target: int, amount: int) -> bool:
        """Whether a movement, scaled or reversed, moves the target by `amount` and no value below zero."""
        factor = amount / moved[target]
        return all(self.values[node] + factor * far >= -LEAST * abs(amount) for node, far in moved.items())

    def movement(
        self, target: int, amount: int, free: Collection[int], costs: Sequence[float]
    ) -> dict[int, float] | None:
        """How far each node moves when the target's value changes by `amount`, and only free nodes may; None if it cannot.

        Of all movements it is one of least cost. No value falls below zero. The movement itself proves that an outsider who knows
        all other nodes cannot exclude the changed value.
        """
        size, nodes = abs(amount), self.reachable(target, free)
        place = nodes.index(target)
        rows = sorted({number for node in nodes for number in self.equations_of[node]})
        if not rows:
            return {target: float(amount)}
        matrix = self.matrix[:, nodes].tocsr()[rows]
        room = np.array([min(self.values[node], size * FARTHEST) / size for node in nodes])
        room[room < LEAST] = 0.0
        up, down = np.full(len(nodes), FARTHEST), room.copy()
        least_up, least_down = np.zeros(len(nodes)), np.zeros(len(nodes))
        if amount > 0:
            up[place], down[place], least_up[place] = 1.0, 0.0, 1.0
        else:
            up[place], down[place], least_down[place] = 0.0, 1.0, 1.0
        cost = np.array([costs[node] for node in nodes])
        # A node that can fall only by a part of the amount costs more, since others must move with it.
        solved = milp(
            np.concatenate([cost, cost / np.clip(room, SMALL, 1.0)]),
            constraints=LinearConstraint(hstack([matrix, -matrix], format="csc"), 0.0, 0.0),
            bounds=Bounds(np.concatenate([least_up, least_down]), np.concatenate([up, down])),
        )
        if solved.status == INFEASIBLE:
            return None
        if not solved.success:
            raise ArithmeticError(f"The linear programme did not end: {solved.message}")
        moved = solved.x[: len(nodes)] - solved.x[len(nodes) :]
        return {node: float(far) * size for node, far in zip(nodes, moved, strict=True) if abs(far) > LEAST}
