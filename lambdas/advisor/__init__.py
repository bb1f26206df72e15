"""Alex's functions: handlers -> agents -> domain, with ports and adapters; knows nothing of CDK."""
