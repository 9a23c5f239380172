"""Budgets: each funder's money for a fiscal year. Rewards draw on it until it is used up."""
