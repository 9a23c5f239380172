"""The journal: the accounts that money moves between, and the chain that shows when an entry was changed."""
