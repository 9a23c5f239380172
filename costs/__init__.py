"""`make cost`: what a city of a given size pays AWS, from what was measured (usage.json) and a dated table of prices (prices.json)."""
