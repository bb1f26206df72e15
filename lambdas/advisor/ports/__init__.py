"""What the domain's users need of the outside world, as protocols; adapters implement them, tests fake them."""
