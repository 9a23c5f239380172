"""Lines, money and changes as items of the budgets table, and back."""

from eeum.budget.rules import SHARDS, BudgetShard, FiscalYear, Line
from eeum.calendar import parse_instant, text_of
from eeum.storage import Item, Key, Table

LINE = "LINE#"
UNALLOCATED = "REST"
SHARD = "SUB_LINE"


def lines_partition(programme: str) -> str:
    return f"BUDGET#{programme}"


def year_partition(programme: str, year: FiscalYear) -> str:
    return f"BUDGET#{programme}#{year}"


def line_key(programme: str, year: FiscalYear, line_id: str) -> Key:
    return Key(Table.BUDGETS, lines_partition(programme), f"{LINE}{year}#{line_id}")


def unallocated_key(programme: str, year: FiscalYear) -> Key:
    return Key(Table.BUDGETS, year_partition(programme, year), UNALLOCATED)


def shard_key(programme: str, year: FiscalYear, number: int) -> Key:
    """The key of a budget shard. Each shard has its own partition, so that shards never contend."""
    return Key(Table.BUDGETS, f"{year_partition(programme, year)}#{number:02}", SHARD)


def money_keys(programme: str, year: FiscalYear) -> list[Key]:
    """The keys of a year's unallocated balance and of its shards."""
    return [unallocated_key(programme, year), *(shard_key(programme, year, number) for number in range(SHARDS))]


def shard_of_item(year: FiscalYear, number: int, item: Item | None) -> BudgetShard:
    """A budget shard from its item; a missing item is an empty shard."""
    return (
        BudgetShard(year, number, item["won"], item["closed"]) if item else BudgetShard(year, number, {}, closed=False)
    )


def line_item(line: Line) -> Item:
    return {
        "kind": "budget_line",
        "fiscal_year": line.fiscal_year,
        "id": line.id,
        "funder": line.funder,
        "layers": sorted(line.layers) if line.layers is not None else None,
        "applies_from": text_of(line.applies_from),
        "title": dict(line.title),
    }


def line_of(item: Item) -> Line:
    return Line(
        fiscal_year=item["fiscal_year"],
        id=item["id"],
        funder=item["funder"],
        layers=frozenset(item["layers"]) if item["layers"] is not None else None,
        applies_from=parse_instant(item["applies_from"], "applies_from"),
        title=item["title"],
    )
