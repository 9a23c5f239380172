"""The programme's months: opened at midnight in Seoul on the 1st, and closed when the next one opens."""
