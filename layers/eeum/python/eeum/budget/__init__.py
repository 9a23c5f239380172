"""Budgets: what each funder has put up for a fiscal year, granted to rewards until it is used up."""
