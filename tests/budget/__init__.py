"""Budgets: which line pays, how much a reward gets, and that no money is overspent or lost."""
