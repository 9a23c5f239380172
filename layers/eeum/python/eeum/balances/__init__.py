"""Balances of everything but wallets, projected from the ledger's journal: merchants, funders and banks."""
