"""Registered shops: from an owner's application to an active merchant."""
