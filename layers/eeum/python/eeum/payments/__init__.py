"""Payments at merchants: authorised against the wallet, stored as entries of the journal."""
