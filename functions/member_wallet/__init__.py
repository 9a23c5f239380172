"""Opening, topping up and showing wallets."""
