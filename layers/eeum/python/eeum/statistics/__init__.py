"""Statistics that the city publishes: definitions, periods, districts, and the shape of a release. docs/statistics.md explains them."""
