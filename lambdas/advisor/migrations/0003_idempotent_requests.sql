-- Answers to requests with an Idempotency-Key: who repeats a request after a lost answer gets the first answer again.
-- The key is the caller's own; the hash is of the operation and its checked body. The sweeper removes
-- what is older than a day. The answer is text: as jsonb, exact numbers would be read back as binary ones.

CREATE TABLE idempotent_requests (
    user_id varchar(255) NOT NULL CHECK (user_id <> ''),
    idempotency_key varchar(255) NOT NULL CHECK (idempotency_key <> ''),
    request_hash char(64) NOT NULL,
    answer text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at);
