"""Convert an export of the ledger into payments to replay: docs/simulator.md, "Payments from the ledger".

DynamoDB writes an export to S3 (`ExportTableToPointInTime`, DynamoDB JSON); `make export` writes one from the local city.
"""
