"""Where a wallet's items are in the ledger: one partition each."""

PARTITION = "WALLET#"


def partition_of(wallet_id: str) -> str:
    return f"{PARTITION}{wallet_id}"
