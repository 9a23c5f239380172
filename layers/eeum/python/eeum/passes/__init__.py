"""Passes: scheduled work on every wallet, which keeps its position and its pace."""
