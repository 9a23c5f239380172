"""Accruing cashback after payments, and quoting it before them."""
