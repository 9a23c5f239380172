"""Cashback policies: immutable, dated versions of all rules, and the evaluation of a payment."""
