"""The journal: what the accounts are called that money moves between, and the chain that shows when an entry was changed."""
