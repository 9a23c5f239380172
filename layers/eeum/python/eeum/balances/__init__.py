"""Balances of merchants, funders and banks, projected from the ledger's journal."""
