-- Human approval (SYS-38): reviews of a job's advice, and what the reviewers taught (HITL-01 to HITL-03).
-- The closed lists repeat advisor.domain.review; a test compares them.

CREATE TABLE reviews (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    owner_id varchar(255) NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    reason varchar(40) NOT NULL CHECK (reason IN ('value_over_limit', 'risk_over_7', 'confidence_under_80')),
    state varchar(20) NOT NULL DEFAULT 'requested'
        CHECK (state IN ('requested', 'approved', 'rejected', 'expired', 'withdrawn')),
    -- The largest position that the API takes, times the highest price, has 19 digits before the point; with fewer, the
    -- advice could not be stored and its analysis would fail each time.
    traded_value numeric(28, 2) NOT NULL CHECK (traded_value >= 0),
    portfolio_value numeric(28, 2) NOT NULL CHECK (portfolio_value >= 0),
    risk_score integer NOT NULL CHECK (risk_score BETWEEN 1 AND 10),
    confidence numeric(5, 4) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    decided_by varchar(255),
    decided_at timestamptz,
    comment text CHECK (char_length(comment) <= 2000),
    -- When the reviewers were told, and when the workflow learned the outcome: what the sweeper goes by.
    notified_at timestamptz,
    delivered_at timestamptz,
    -- A redelivered job cannot ask twice for the same reason.
    CONSTRAINT one_review_a_reason UNIQUE (job_id, reason),
    CONSTRAINT open_or_closed CHECK ((state = 'requested') = (decided_at IS NULL)),
    CONSTRAINT decided_by_a_person CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL)),
    CONSTRAINT rejected_with_a_reason CHECK (state <> 'rejected' OR char_length(comment) > 0)
);

CREATE INDEX reviews_by_age ON reviews (requested_at, id);
CREATE INDEX reviews_unfinished ON reviews (job_id) WHERE delivered_at IS NULL;
CREATE INDEX reviews_of_owner ON reviews (owner_id);

-- What an expert said of a piece of advice: the label, the comment, and the advice with its figures (HITL-03).
-- It names no person, and it goes when the person's records go.
CREATE TABLE review_feedback (
    review_id uuid PRIMARY KEY REFERENCES reviews (id) ON DELETE CASCADE,
    reason varchar(40) NOT NULL,
    label varchar(20) NOT NULL CHECK (label IN ('approved', 'rejected')),
    comment text,
    example jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Why a job failed, for programs: REJECTED, EXPIRED.
ALTER TABLE jobs ADD COLUMN error_code varchar(40);
ALTER TABLE recommendations
ADD COLUMN comment text CHECK (char_length(comment) <= 2000),
ALTER COLUMN traded_value TYPE numeric(28, 2);
-- Listed by the newest job of an owner.
CREATE INDEX recommendations_by_age ON recommendations (owner_id, created_at DESC, id);

-- What waits for approval is unfinished too: a second analysis would ask the same person to approve contradictory
-- trades.
DROP INDEX one_running_analysis;
CREATE UNIQUE INDEX one_running_analysis ON jobs (user_id)
WHERE status IN ('pending', 'running', 'awaiting_approval') AND job_type = 'portfolio_analysis';

-- The sweeper looks for what waits every few minutes; without it, through all analyses that ever were.
CREATE INDEX jobs_awaiting_approval ON jobs (id) WHERE status = 'awaiting_approval';
