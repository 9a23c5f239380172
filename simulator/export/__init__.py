"""From the ledger's export to payments that can be replayed: docs/simulator.md, "Payments from the ledger".

An export is what DynamoDB writes to S3 (`ExportTableToPointInTime`, DynamoDB JSON), or what `make export` writes from the local city.
"""
