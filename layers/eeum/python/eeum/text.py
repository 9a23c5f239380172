"""Text that other people read: one line without invisible characters. The only definition, for every edge.

Two different names must never look the same. So wherever a person writes freely, this refuses characters that turn the direction, take
no room, are blank or are unassigned, spaces at either end, and every space but the usual one, U+0020. Of the several ways to write one
letter it takes one, Unicode's NFC: Hangul in syllables and not in their parts, and no compatibility ideographs.
"""

import unicodedata

# Unicode categories: control, format (zero width, direction), private use, unassigned; line ends. Then what Unicode lets a font show
# as nothing (Hangul fillers, variation selectors, joiners that are marks), and letters and symbols whose shape is blank.
_UNSEEN = r"\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}" "\u2800\U00013441\U00013442\U00016fe4\U0001d159"
_HIDDEN = rf"{_UNSEEN}[\p{{Zs}}--\x20]"
LINE = rf"^[^{_HIDDEN}\x20]([^{_HIDDEN}]*[^{_HIDDEN}\x20])?$"
"""A line that begins and ends with a visible character, as the code enforces it."""

# The same as ranges, since few regular expression engines know Unicode categories. Characters beyond U+FFFF are written as such, because
# their escapes differ between engines. Unassigned characters change with Unicode's versions, so only the description names them.
_HIDDEN_BY_RANGES = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
PUBLISHED_LINE = rf"^[^{_HIDDEN_BY_RANGES}\u0020]([^{_HIDDEN_BY_RANGES}]*[^{_HIDDEN_BY_RANGES}\u0020])?$"
"""The same, as published in the API's description."""

LINE_WANTED = (
    "Text on one line belongs here, without spaces at either end, unusual spaces or characters that cannot be seen"
)
"""The message for text that is not such a line; its pattern would not help a reader."""

NOT_COMPOSED = (
    "not_composed",
    "Text in Unicode's form NFC belongs here: whole syllables, not their parts as in some file names, and no compatibility characters",
)
"""The code and the message of the fault of a line whose letters are not written as in NFC."""

ABOUT_LINES = (
    "Text on one line, without spaces at either end, and without control characters or others that cannot be seen (Unicode's C, Zl, Zp"
    " and Default_Ignorable_Code_Point, blank symbols, spaces other than U+0020)."
    " Letters are written as in Unicode's form NFC, which no pattern can express."
)


def is_composed(text: str) -> bool:
    """Whether each letter is written as in NFC. Two texts that differ in this alone would be two names that look the same."""
    return unicodedata.is_normalized("NFC", text)
