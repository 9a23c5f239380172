"""Authorising and looking up payments."""
