"""Simulation of alarms: does each fire in time, hold, and stay quiet on a normal day?

What is simulated is the definition in the synthesised templates, with CloudWatch's documented rules: nothing about an
alarm is said twice. `normal.toml` says what each metric reports on a normal day. Numbers are arrays of evaluations by
data points (rows: minutes at which the alarm is evaluated; columns: the retrieved periods, the newest last).
"""


class AlarmError(Exception):
    """A definition that cannot be simulated: which alarm, what about it, and what to do."""
