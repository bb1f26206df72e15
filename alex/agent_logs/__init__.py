"""`alex watch`: the logs of all agents together, from files of the local cloud or from CloudWatch Logs (OBS-33)."""
