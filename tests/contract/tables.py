"""The tables as the template defines them, so that tests and deployments cannot drift apart."""

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from eeum.storage import INDEXES, Table

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
LOGICAL_IDS = {
    Table.LEDGER: "LedgerTable",
    Table.MERCHANTS: "MerchantsTable",
    Table.PROGRAMME: "ProgrammeTable",
    Table.BALANCES: "BalancesTable",
    Table.BUDGETS: "BudgetsTable",
}
WHAT_AN_ENGINE_NEEDS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@cache
def definition_of(table: Table) -> dict[str, Any]:
    """Attributes, keys and indexes of a table, as arguments of `CreateTable`."""
    resources = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
    properties = resources[LOGICAL_IDS[table]]["Properties"]
    return {name: properties[name] for name in WHAT_AN_ENGINE_NEEDS if name in properties}


def create_tables(client: Any, suffix: str) -> dict[Table, str]:
    """Create the tables under names that end in `suffix`."""
    names = {table: f"{table.value}-{suffix}" for table in Table}
    for table, name in names.items():
        client.create_table(TableName=name, **definition_of(table))
    return names


def delete_tables(client: Any, names: dict[Table, str]) -> None:
    for name in names.values():
        client.delete_table(TableName=name)


def indexes_in_template(table: Table) -> set[tuple[str, str, str, bool]]:
    """Name, partition attribute and sort attribute of each index, and whether it has keys only."""
    found = set()
    for index in definition_of(table).get("GlobalSecondaryIndexes", ()):
        keys = {key["KeyType"]: key["AttributeName"] for key in index["KeySchema"]}
        keys_only = index["Projection"]["ProjectionType"] == "KEYS_ONLY"
        found.add((index["IndexName"], keys["HASH"], keys["RANGE"], keys_only))
    return found


def indexes_in_code(table: Table) -> set[tuple[str, str, str, bool]]:
    return {tuple(index) for index in INDEXES[table]}
