"""What holds for every test."""

import gc

# A function freezes what its start has made, once. Tests start functions hundreds of times in one process: whatever garbage there is
# at each start would never be collected, 8 GB of it in the end.
gc.freeze = lambda: None
