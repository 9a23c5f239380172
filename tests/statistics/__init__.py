"""Statistics: what DuckDB counts equals plain Python over entries that use cases stored."""
