"""Build one SQL statement from a policy version that replays a month, in the dialect that DuckDB and Athena (Trino) share.

All arithmetic is on integers. `/` between integers is integer division in Trino, and in DuckDB by a setting
(`simulator.replay.connect`). Tests parse the statements for Athena and run them on DuckDB; the project has no AWS account.
"""
