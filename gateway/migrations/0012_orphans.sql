-- Objects in the store that no row refers to: what a killed stage left. They go when they have been seen for long enough.

CREATE TABLE orphans (
    key          text PRIMARY KEY,
    seen_at      timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX shoots_with_frame ON shoots ((empty_frame ->> 'key')) WHERE empty_frame IS NOT NULL;
