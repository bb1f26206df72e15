"""Objectives as operators see them: error budgets, quality rates, the guard of deployments (SYS-82)."""
