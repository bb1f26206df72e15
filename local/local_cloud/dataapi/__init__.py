"""The RDS Data API over a real PostgreSQL: parameters, values, statements. Knows nothing of ministack."""
