"""Cashback: what each captured payment earns, posted to the wallet with the reason for each won."""
