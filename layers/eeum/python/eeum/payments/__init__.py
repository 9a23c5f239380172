"""Payments at shops: authorised against the wallet, stored as entries of the journal."""
