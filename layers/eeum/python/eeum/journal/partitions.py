"""The ledger partition of a wallet's items."""

PARTITION = "WALLET#"


def partition_of(wallet_id: str) -> str:
    return f"{PARTITION}{wallet_id}"
