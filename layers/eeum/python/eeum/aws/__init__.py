"""What is AWS's: settings from the environment, DynamoDB, the HTTP edge, and the one place where everything is put together."""
