-- Who advised a client before, and until when: who advised at any time since an analysis began does not decide on it,
-- whatever happened in between (HITL-01). The trigger notes it whichever way the adviser changes.

CREATE TABLE former_advisers (
    client_id varchar(255) NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    advisor_id varchar(255) NOT NULL,
    until timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, advisor_id)
);

CREATE FUNCTION remember_adviser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO former_advisers (client_id, advisor_id) VALUES (OLD.user_id, OLD.advisor_id)
    ON CONFLICT (client_id, advisor_id) DO UPDATE SET until = now();
    RETURN NULL;
END;
$$;

CREATE TRIGGER adviser_left AFTER UPDATE OF advisor_id ON users
FOR EACH ROW WHEN (OLD.advisor_id IS NOT NULL AND OLD.advisor_id IS DISTINCT FROM NEW.advisor_id)
EXECUTE FUNCTION remember_adviser();
