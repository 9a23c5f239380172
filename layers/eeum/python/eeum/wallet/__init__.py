"""A member's wallet: its purses, its cards, and money coming in."""
