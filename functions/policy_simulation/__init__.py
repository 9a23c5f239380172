"""What a policy would have cost: asked for over the API, worked out by a function of its own."""
