-- The largest position that the API takes, times the highest price, has 19 digits before the point; with fewer, the
-- advice could not be stored and its analysis would fail each time. Wider numbers rewrite nothing.

ALTER TABLE recommendations ALTER COLUMN traded_value TYPE numeric(28, 2);
ALTER TABLE reviews
ALTER COLUMN traded_value TYPE numeric(28, 2),
ALTER COLUMN portfolio_value TYPE numeric(28, 2);

-- The sweeper looks for what waits every few minutes; without it, through all analyses that ever were.
CREATE INDEX jobs_awaiting_approval ON jobs (id) WHERE status = 'awaiting_approval';
