"""Balances of merchants, funders and banks, projected from the journal, and their routes."""
