"""Balances outside wallets: what they count, exactly once, and the same again from the journal."""
