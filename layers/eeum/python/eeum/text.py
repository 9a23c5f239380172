"""Text that other people read: on one line, and without characters that cannot be seen. The one definition, for every edge.

A name hides no other: what turns the direction, takes no room or is no character at all is refused, wherever a person writes freely.
So are spaces at either end: two references of a bank that look the same are the same.
"""

# Of Unicode's categories: control, format (zero width, direction), private use, unassigned; ends of lines; and Hangul's fillers, which
# are letters that nobody sees.
_UNSEEN = r"\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0"
LINE = rf"^[^{_UNSEEN}\s]([^{_UNSEEN}]*[^{_UNSEEN}\s])?$"
"""A line that begins and ends with what can be seen, as it is enforced."""

# The same by ranges, since few readers of patterns know Unicode's categories. Those beyond U+FFFF are written as they are: escapes of them
# differ from one reader to another. What Unicode has not assigned has no ranges that stay, so that the description alone names it.
_UNSEEN_BY_RANGES = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\uf8ff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff"
)
# What \s is, by its ranges too: ends of lines are among those that cannot be seen.
_BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
PUBLISHED_LINE = rf"^[^{_UNSEEN_BY_RANGES}{_BLANK}]([^{_UNSEEN_BY_RANGES}]*[^{_UNSEEN_BY_RANGES}{_BLANK}])?$"
"""The same, as the API's description has it."""

LINE_WANTED = "Text on one line belongs here, without spaces at either end and without characters that cannot be seen"
"""What is said of a text that is no such line: its pattern helps nobody."""

ABOUT_LINES = "Text on one line, without spaces at either end, control characters or others that cannot be seen (Unicode's C, Zl and Zp)."
