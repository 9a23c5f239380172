"""The domain of a city's local currency: wallets, payments, cashback, policies, merchants and months."""
