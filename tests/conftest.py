"""Setup of every test."""

import gc

# A function freezes the objects of its start. Tests start functions hundreds of times in one process: garbage that exists at each start
# would never be collected, and would grow to 8 GB.
gc.freeze = lambda: None
