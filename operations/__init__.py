"""Commands for the people who run a city: against the local one, or against a deployed stage."""
