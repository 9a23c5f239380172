"""Registered shops: from an owner's application to a merchant that can be paid."""
