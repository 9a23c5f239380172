"""Budgets: which line pays, what is granted, and that nothing is overspent or lost whatever happens."""
