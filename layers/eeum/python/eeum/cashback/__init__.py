"""Cashback: what each captured payment earns, credited to the wallet with the reason for each won."""
