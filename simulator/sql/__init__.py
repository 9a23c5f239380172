"""From a policy version to one SQL statement that replays a month, in the words that DuckDB and Athena (Trino) share.

Integers only. `/` between integers is integer division in Trino; DuckDB is told to take it so (`simulator.replay.connect`).
Athena is only parsed for, never run: the project has no account to run it in.
"""
