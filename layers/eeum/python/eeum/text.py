"""Text that other people read: one line without invisible characters. The only definition, for every edge.

Two different names must never look the same. So wherever a person writes freely, this refuses characters that turn the direction, take
no room or are unassigned, and spaces at either end.
"""

# Unicode categories: control, format (zero width, direction), private use, unassigned; line ends; and Hangul fillers, which are invisible
# letters.
_UNSEEN = r"\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0"
LINE = rf"^[^{_UNSEEN}\s]([^{_UNSEEN}]*[^{_UNSEEN}\s])?$"
"""A line that begins and ends with a visible character, as the code enforces it."""

# The same as ranges, since few regular expression engines know Unicode categories. Characters beyond U+FFFF are written as such, because
# their escapes differ between engines. Unassigned characters change with Unicode's versions, so only the description names them.
_UNSEEN_BY_RANGES = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\uf8ff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff"
)
# The ranges of \s; line ends are among the invisible characters.
_BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
PUBLISHED_LINE = rf"^[^{_UNSEEN_BY_RANGES}{_BLANK}]([^{_UNSEEN_BY_RANGES}]*[^{_UNSEEN_BY_RANGES}{_BLANK}])?$"
"""The same, as published in the API's description."""

LINE_WANTED = "Text on one line belongs here, without spaces at either end and without characters that cannot be seen"
"""The message for text that is not such a line; its pattern would not help a reader."""

ABOUT_LINES = "Text on one line, without spaces at either end, control characters or others that cannot be seen (Unicode's C, Zl and Zp)."
