"""A member's wallet: its purses, its cards, and its top-ups."""
