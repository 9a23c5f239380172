"""Disclosure control: decides which cells of a computed release are published, and audits what an outsider could then compute."""
