"""The six dashboards of an environment, one module each, laid out from what its construct tree holds."""
