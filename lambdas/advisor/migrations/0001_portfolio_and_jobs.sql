-- Users own accounts, accounts hold positions in instruments, jobs analyse them (DATA-08).
-- The closed lists repeat advisor.domain.vocabulary; a test compares them.

-- No statement of a function may run longer than this; the migrations lift it for themselves (PERF-06).
ALTER ROLE CURRENT_USER SET statement_timeout = '30s';

CREATE TABLE users (
    user_id varchar(255) PRIMARY KEY CHECK (user_id <> ''),
    display_name varchar(255),
    years_until_retirement integer NOT NULL DEFAULT 20 CHECK (years_until_retirement BETWEEN 0 AND 100),
    target_retirement_income numeric(12, 2) NOT NULL DEFAULT 60000 CHECK (target_retirement_income >= 0),
    current_age integer CHECK (current_age BETWEEN 0 AND 130),
    annual_contribution numeric(12, 2) NOT NULL DEFAULT 10000 CHECK (annual_contribution >= 0),
    asset_class_targets jsonb NOT NULL DEFAULT '{"equity": 70, "fixed_income": 30}',
    region_targets jsonb NOT NULL DEFAULT '{"north_america": 50, "international": 50}',
    retirement_goals text CHECK (char_length(retirement_goals) <= 2000),
    advisor_id varchar(255),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE instruments (
    symbol varchar(20) PRIMARY KEY CHECK (symbol <> ''),
    name varchar(255) NOT NULL CHECK (name <> ''),
    instrument_type varchar(20)
        CHECK (instrument_type IN ('etf', 'mutual_fund', 'stock', 'bond', 'bond_fund', 'commodity', 'reit')),
    current_price numeric(12, 4) CHECK (current_price BETWEEN 0 AND 999999),
    price_as_of date,
    price_source varchar(20) NOT NULL DEFAULT 'none' CHECK (price_source IN ('provider', 'user', 'model', 'none')),
    allocation_asset_class jsonb,
    allocation_regions jsonb,
    allocation_sectors jsonb,
    allocation_source varchar(20) NOT NULL DEFAULT 'default'
        CHECK (allocation_source IN ('seed', 'tagger', 'user', 'default')),
    rationale_ref text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Who said a price is part of it: a price from nobody would count as one.
    CONSTRAINT price_has_a_source CHECK (current_price IS NULL OR price_source <> 'none')
);

CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id varchar(255) NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    account_name varchar(255) NOT NULL CHECK (account_name <> ''),
    account_type varchar(20) NOT NULL DEFAULT 'other' CHECK (
        account_type IN ('401k', 'roth_ira', 'traditional_ira', 'taxable', '529', 'hsa', 'pension', 'other')
    ),
    account_purpose text CHECK (char_length(account_purpose) <= 2000),
    cash_balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (cash_balance >= 0),
    cash_interest numeric(5, 4) NOT NULL DEFAULT 0 CHECK (cash_interest BETWEEN 0 AND 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE positions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    symbol varchar(20) NOT NULL REFERENCES instruments (symbol),
    quantity numeric(20, 8) NOT NULL CHECK (quantity > 0),
    as_of_date date NOT NULL DEFAULT current_date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_position_a_symbol UNIQUE (account_id, symbol)
);

CREATE TABLE jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id varchar(255) NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    job_type varchar(40) NOT NULL CHECK (
        job_type IN (
            'portfolio_analysis', 'rebalance_recommendation', 'retirement_projection', 'risk_assessment',
            'tax_optimization', 'instrument_research', 'portfolio_optimization'
        )
    ),
    status varchar(20) NOT NULL DEFAULT 'pending' CHECK (
        status IN ('pending', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled')
    ),
    request_payload jsonb NOT NULL DEFAULT '{}',
    report_payload jsonb,
    charts_payload jsonb,
    retirement_payload jsonb,
    summary_payload jsonb,
    quality_payload jsonb,
    progress jsonb,
    error_message text,
    correlation_id varchar(255),
    idempotency_key varchar(255),
    attempt integer NOT NULL DEFAULT 0,
    -- When the queue last took the job, and how often it was handed over: what the sweeper goes by.
    queued_at timestamptz,
    deliveries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_job_a_key UNIQUE (user_id, idempotency_key)
);

CREATE TABLE recommendations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    owner_id varchar(255) NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    recommendation text NOT NULL,
    reasoning text NOT NULL,
    impact text NOT NULL,
    priority varchar(10) NOT NULL CHECK (priority IN ('High', 'Medium', 'Low')),
    traded_value numeric(14, 2) CHECK (traded_value >= 0),
    risk_score integer CHECK (risk_score BETWEEN 1 AND 10),
    confidence numeric(4, 3) CHECK (confidence BETWEEN 0 AND 1),
    state varchar(20) NOT NULL DEFAULT 'proposed'
        CHECK (state IN ('proposed', 'approved', 'rejected', 'accepted', 'overridden')),
    decided_by varchar(255),
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT decided_by_someone CHECK ((state = 'proposed') = (decided_by IS NULL AND decided_at IS NULL))
);

CREATE INDEX accounts_of_user ON accounts (user_id);
-- positions by account are served by the unique constraint's index, whose first column is account_id.
CREATE INDEX positions_of_symbol ON positions (symbol);
CREATE INDEX jobs_of_user ON jobs (user_id, created_at DESC);
CREATE INDEX jobs_unfinished ON jobs (status, created_at) WHERE status IN ('pending', 'running');
CREATE INDEX clients_of_advisor ON users (advisor_id) WHERE advisor_id IS NOT NULL;
CREATE INDEX recommendations_of_job ON recommendations (job_id);
CREATE INDEX recommendations_of_owner ON recommendations (owner_id);

-- One unfinished analysis a user, held by the database, so that two simultaneous requests cannot both win.
CREATE UNIQUE INDEX one_running_analysis ON jobs (user_id)
WHERE status IN ('pending', 'running') AND job_type = 'portfolio_analysis';

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE TRIGGER users_touched BEFORE UPDATE ON users
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER instruments_touched BEFORE UPDATE ON instruments
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER accounts_touched BEFORE UPDATE ON accounts
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER positions_touched BEFORE UPDATE ON positions
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER jobs_touched BEFORE UPDATE ON jobs
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER recommendations_touched BEFORE UPDATE ON recommendations
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
