"""Cashback policies: immutable, dated versions of all rules, and what they make of one payment."""
