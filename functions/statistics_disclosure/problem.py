"""What has to be protected in a release: nodes for every version of a cell that an outsider can reason about."""

from collections.abc import Mapping
from dataclasses import dataclass

from statistics_disclosure.cells import CellId, Linked
from statistics_disclosure.history import History, Version
from statistics_disclosure.network import Network
from statistics_disclosure.refusals import RevisionWithheld
from statistics_disclosure.rules import Parameters, above, below, is_sensitive

MOST_DIMENSIONS = 3
MARGIN = 3.0
"""How many times as much a cell is worth as one with a code of one more dimension."""
ONE_SHOP = 1.5
"""How many times as much the suppression of a cell of one shop costs: this shop knows the cell, so it protects little."""


@dataclass(frozen=True)
class Problem:
    """Nodes by number.

    Attributes:
        versions: the cell's version of each node, sorted.
        current: the nodes of this release.
        sensitive: nodes of this release whose value must not be published.
        hidden: nodes that are suppressed from the start: sensitive ones, and those that an earlier release suppressed.
        movable: nodes that may be suppressed: `hidden`, and cells that no release has published.
        ups, downs: how far above and below its value each node must stay possible.
        losses: what the suppression of each node costs.
        insiders: for a node of one shop, the nodes that this shop has a part in; for those the p-percent rule is enough.
    """

    network: Network
    versions: tuple[Version, ...]
    current: frozenset[int]
    sensitive: frozenset[int]
    hidden: frozenset[int]
    movable: frozenset[int]
    ups: tuple[int, ...]
    downs: tuple[int, ...]
    losses: tuple[float, ...]
    insiders: Mapping[int, frozenset[int]]


def problem_of(tables: Linked, history: History, rules: Parameters) -> Problem:
    """The problem of a release after the history. Raises `RevisionWithheld` if a correction makes a published cell sensitive."""
    sensitive = sensitive_cells(tables, rules)
    _refuse_what_is_public(tables, history, sensitive)
    equations = history.equations_with(tables)
    now = {name: history.version_of(name, cell.value) for name, cell in tables.cells.items()}
    versions = sorted({*now.values(), *(each for equation in equations for each in (equation.whole, *equation.parts))})
    numbers = {version: number for number, version in enumerate(versions)}
    values = [_value(version, tables, history) for version in versions]
    current = frozenset(numbers[version] for version in now.values())

    hidden, movable = set(), set()
    for number, version in enumerate(versions):
        cell, past = tables.cells.get(version.cell), history.past(version)
        if number in current and cell is not None:
            if version.cell in sensitive or history.was_suppressed(version.cell):
                hidden.add(number)
            elif not cell.structural and not history.was_published(version.cell):
                movable.add(number)
        elif past is not None and past.suppressed:
            hidden.add(number)
    units = {cell.id.definition: cell.unit for cell in tables.cells.values()}
    lines = [(numbers[each.whole], tuple(numbers[part] for part in each.parts)) for each in equations]
    network = Network(values, lines)
    return Problem(
        network,
        tuple(versions),
        current,
        frozenset(numbers[now[name]] for name in sensitive),
        frozenset(hidden),
        frozenset(movable | hidden),
        tuple(
            above(values[number], units.get(version.cell.definition, ""), rules)
            for number, version in enumerate(versions)
        ),
        tuple(below(value, rules) for value in values),
        tuple(_loss(version.cell, values[number], tables) for number, version in enumerate(versions)),
        _insiders(tables, network, {name: numbers[version] for name, version in now.items()}),
    )


def sensitive_cells(tables: Linked, rules: Parameters) -> frozenset[CellId]:
    """The sensitive cells: the same coordinates are sensitive in all measures once they are in one."""
    where = {cell.id.coordinates for cell in tables.cells.values() if is_sensitive(cell, rules)}
    return frozenset(name for name, cell in tables.cells.items() if name.coordinates in where and not cell.structural)


def _refuse_what_is_public(tables: Linked, history: History, sensitive: frozenset[CellId]) -> None:
    public = sorted(name for name in sensitive if history.was_published(name))
    if public:
        months = {name.month for name in public if name.month} or set(changed_months(tables, history))
        raise RevisionWithheld(
            tuple(sorted(months)), f"{public[0]} was published, and its correction has too few members or shops."
        )


def changed_months(tables: Linked, history: History) -> tuple[str, ...]:
    """The months that were published before with other values."""
    return tuple(
        sorted(
            {
                name.month
                for name, cell in tables.cells.items()
                if name.month and name in history.cells and history.cells[name][-1].value != cell.value
            }
        )
    )


def _value(version: Version, tables: Linked, history: History) -> int:
    past = history.past(version)
    return past.value if past is not None else tables.cells[version.cell].value


def _loss(cell: CellId, value: int, tables: Linked) -> float:
    known = tables.cells.get(cell)
    few = ONE_SHOP if known is not None and known.shops == 1 else 1.0
    return len(str(value)) * few * MARGIN ** (MOST_DIMENSIONS - min(MOST_DIMENSIONS, len(cell.coordinates)))


def _insiders(tables: Linked, network: Network, numbers: Mapping[CellId, int]) -> dict[int, frozenset[int]]:
    """For each cell of one shop, the cells that this shop has a part in.

    A cell of one shop within another cell of one shop is of the same shop. So cells that share such a part are of one shop as well, and
    it has a part in all that contains one of them.
    """
    alone = sorted(numbers[name] for name, cell in tables.cells.items() if cell.shops == 1)
    within = {node: network.ancestors(node) for node in alone}
    found: dict[int, frozenset[int]] = {}
    for shop in _joined({node: {node} | (within[node] & within.keys()) for node in alone}):
        has_part = frozenset(shop).union(*(within[node] for node in shop))
        found.update(dict.fromkeys(shop, has_part))
    return found


def _joined(linked_nodes: Mapping[int, set[int]]) -> list[set[int]]:
    """Groups of nodes that are linked directly or through others."""
    groups: list[set[int]] = []
    for nodes in linked_nodes.values():
        apart = [group for group in groups if not group & nodes]
        groups = [*apart, nodes.union(*(group for group in groups if group & nodes))]
    return groups
