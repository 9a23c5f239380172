"""The programme's months: each opens at midnight in Seoul on the 1st, when the month before closes."""
