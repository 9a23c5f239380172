"""From an owner's application to an active merchant."""
