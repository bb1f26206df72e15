"""The laptop's cloud: the same stacks, deployed by the real CDK command line, on this machine only."""
