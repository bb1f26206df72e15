"""Measurements on the machine they run on. Ratios within one run say more than absolute times of different runs."""

PARTS = ("retirement", "guardrails", "traces", "bundles", "synth", "policy", "cold", "api", "analysis", "job")
"""In the order in which they are measured."""
