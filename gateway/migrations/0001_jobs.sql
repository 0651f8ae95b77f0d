-- Jobs, their images and what happened to them. States are those of selvage_api.images.v1, in lower case.

CREATE TABLE jobs (
    job_id       uuid PRIMARY KEY,                    -- version 7: ordered by time
    shop         text NOT NULL,
    label        text NOT NULL,
    template     text NOT NULL,                       -- '' is the default of the compose service
    profile      text NOT NULL,                       -- '' is the default of the segment service
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz
);
CREATE INDEX jobs_of_shop ON jobs (shop, job_id DESC);

-- One row a request id: the same id again answers the same job.
CREATE TABLE requests (
    shop        text NOT NULL,
    request_id  text NOT NULL,
    fingerprint text NOT NULL,                        -- SHA-256 of the payload
    job_id      uuid NOT NULL REFERENCES jobs DEFERRABLE INITIALLY DEFERRED,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop, request_id)
);

-- Photos the gateway has put into the object store.
CREATE TABLE uploads (
    key        text PRIMARY KEY,
    sha256     text NOT NULL,
    size       bigint NOT NULL,
    media_type text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE images (
    image_id    uuid PRIMARY KEY,
    job_id      uuid NOT NULL REFERENCES jobs,
    position    integer NOT NULL,                     -- order of submission, from 0
    shop        text NOT NULL,
    sku         text NOT NULL,
    image_no    text NOT NULL,
    source_name text NOT NULL,
    shoot       text NOT NULL,
    category    text NOT NULL,
    tier        text NOT NULL CHECK (tier IN ('', 'hero', 'bulk')),
    template    text NOT NULL,
    due_at      timestamptz,
    original    jsonb NOT NULL,                       -- ObjectRef
    state       text NOT NULL CHECK (state IN ('received', 'processing', 'needs_review', 'in_edit', 'approved',
                                               'rejected', 'published', 'failed', 'cancelled')),
    -- The last verdict of a person that still has to be carried out: '' or 'approve'.
    verdict     text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'approve')),
    confidence  double precision NOT NULL DEFAULT 0,
    reasons     jsonb NOT NULL DEFAULT '[]',          -- Reason[]
    error       jsonb,                                -- Problem
    files       jsonb NOT NULL DEFAULT '[]',          -- ImageFile[]
    -- Number of the run that may write; a worker that was given up for dead has an older one and is refused.
    run         integer NOT NULL DEFAULT 0,
    -- Runs since the last finished stage: by transient error, and by a worker that vanished.
    tries       integer NOT NULL DEFAULT 0,
    losses      integer NOT NULL DEFAULT 0,
    task_id     bigint,                               -- the engine's task, to take it back on cancel
    version     bigint NOT NULL DEFAULT 1,            -- the etag
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (job_id, position)
);
-- Two images of a job never write the same file, whatever the case of its letters.
CREATE UNIQUE INDEX images_names ON images (job_id, lower(sku), lower(image_no));
CREATE INDEX images_in_state ON images (job_id, state);
CREATE INDEX images_open ON images (state, created_at)
    WHERE state IN ('received', 'processing', 'needs_review', 'in_edit');

-- Outputs by content key: the same photo with the same code and settings is never computed twice.
CREATE TABLE results (
    key        text PRIMARY KEY,
    stage      text NOT NULL,
    outputs    jsonb NOT NULL,                        -- role -> ObjectRef
    numbers    jsonb NOT NULL,
    seconds    double precision NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One row a finished stage of an image, in order; a stage may stand here again after a decision.
CREATE TABLE stage_runs (
    stage_run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    image_id     uuid NOT NULL REFERENCES images,
    stage        text NOT NULL,
    key          text NOT NULL,
    outputs      jsonb NOT NULL,
    numbers      jsonb NOT NULL,
    seconds      double precision NOT NULL,           -- of the work itself, 0 when reused
    attempt      integer NOT NULL,                    -- 1 when it worked at once
    reused       boolean NOT NULL,
    finished_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stage_runs_of_image ON stage_runs (image_id, stage_run_id);

-- Append-only: what machines and people decided, with the numbers the decision rested on.
CREATE TABLE decisions (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    image_id    uuid NOT NULL REFERENCES images,
    actor       text NOT NULL,                        -- 'gate' or 'person'
    reviewer    text NOT NULL,
    verdict     text NOT NULL CHECK (verdict IN ('approve', 'review', 'reject')),
    reason      text NOT NULL,
    seconds     double precision NOT NULL,
    confidence  double precision,
    evidence    jsonb NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX decisions_of_image ON decisions (image_id, decision_id);

-- Append-only audit: one row for every change of state, in the transaction of the change.
CREATE TABLE events (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id     uuid NOT NULL REFERENCES jobs,
    image_id   uuid REFERENCES images,                -- null: about the job itself
    kind       text NOT NULL,
    from_state text NOT NULL DEFAULT '',
    to_state   text NOT NULL DEFAULT '',
    detail     jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_of_job ON events (job_id, event_id);
CREATE INDEX events_of_image ON events (image_id, event_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
