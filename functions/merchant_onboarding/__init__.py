"""From an owner's application to a payable merchant."""
