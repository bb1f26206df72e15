"""What runs inside the local cloud's own process: the gateway, its guard, and what stands beside ministack."""
