-- Photos that shops gave because their cut-outs were not good enough: samples to fine-tune on.

CREATE TABLE improvements (
    improvement_id uuid PRIMARY KEY,                  -- version 7: ordered by time
    shop           text NOT NULL,
    photo          jsonb NOT NULL,                    -- ObjectRef; kept out of retention
    filename       text NOT NULL,
    tag            text NOT NULL,                     -- free text that groups photos of one kind
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX improvements_of_shop ON improvements (shop, improvement_id);
-- The same photo under the same tag is one sample.
CREATE UNIQUE INDEX improvements_once ON improvements (shop, (photo ->> 'sha256'), tag);
