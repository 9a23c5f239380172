"""The programme's policies and months."""
