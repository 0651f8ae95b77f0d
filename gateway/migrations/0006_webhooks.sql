-- Webhooks: an outbox filled by triggers on the audit table `events`, so whoever changes a state tells it, in the same
-- transaction and once. The end of a job becomes an audit row of its own, from which its message follows likewise.

CREATE TABLE webhook_endpoints (
    endpoint_id     uuid PRIMARY KEY,                    -- version 7: ordered by time
    shop            text NOT NULL,
    url             text NOT NULL,
    events          text[] NOT NULL,                     -- empty: all
    label           text NOT NULL,
    disabled        boolean NOT NULL DEFAULT false,
    disabled_reason text NOT NULL DEFAULT '' CHECK (disabled_reason IN ('', 'GONE', 'FAILING')),
    secrets         jsonb NOT NULL,                      -- [{"stored": text, "until": epoch seconds or null}], newest first
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_endpoints_of_shop ON webhook_endpoints (shop, endpoint_id);

CREATE TABLE webhook_deliveries (
    delivery_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sequence        bigint GENERATED ALWAYS AS IDENTITY,  -- order of the list
    endpoint_id     uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    message_id      text NOT NULL,                       -- the header webhook-id
    event           text NOT NULL,
    event_id        bigint,                              -- the audit row; null for a test
    happened_at     timestamptz NOT NULL,
    snapshot        jsonb NOT NULL,                      -- what the message says, as it was then
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'given_up')),
    attempts        integer NOT NULL DEFAULT 0,
    -- Number of the claim that may write the outcome: who lost its lease has an older one and is refused.
    claim           integer NOT NULL DEFAULT 0,
    status          integer NOT NULL DEFAULT 0,
    problem         text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_attempt_at timestamptz,
    next_attempt_at timestamptz DEFAULT now(),           -- or the end of the lease; null when nothing is to come
    UNIQUE (endpoint_id, message_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at)
    WHERE state IN ('waiting', 'failed');
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (endpoint_id, sequence DESC);
CREATE INDEX webhook_deliveries_kept ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    attempt_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id  uuid NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
    at           timestamptz NOT NULL DEFAULT now(),
    status       integer NOT NULL,                       -- 0: no answer
    problem      text NOT NULL,
    milliseconds integer NOT NULL
);
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (delivery_id, attempt_id);

-- Replays look for events by time.
CREATE INDEX events_at ON events USING brin (at);

-- Jobs whose present end is in the audit. A job that gets new work leaves it.
CREATE TABLE job_ends (
    job_id   uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    ended_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO job_ends (job_id, ended_at)
    SELECT job_id, updated_at FROM jobs j
    WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.job_id = j.job_id AND i.state IN ('received', 'processing'));

-- The name of the message an audit row becomes; null for none.
CREATE FUNCTION webhook_event(kind text, from_state text, to_state text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN kind = 'job_succeeded' THEN 'job.succeeded'
        WHEN kind = 'job_failed' THEN 'job.failed'
        WHEN from_state = to_state THEN NULL
        WHEN to_state = 'needs_review' THEN 'image.review_required'
        WHEN to_state IN ('approved', 'rejected', 'published', 'failed') THEN 'image.' || to_state
    END
$$;

-- The same audit row and endpoint always give the same id.
CREATE FUNCTION webhook_message_id(endpoint uuid, event_id bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'msg_' || left(encode(sha256(convert_to(endpoint::text || '.' || event_id, 'UTF8')), 'hex'), 32)
$$;

-- What a message about this image, or about this job, is made of. gateway/webhooks/payload.py shapes and bounds it.
CREATE FUNCTION webhook_snapshot(the_job uuid, the_image uuid, from_state text, to_state text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'job', jsonb_build_object('job_id', j.job_id, 'shop', j.shop, 'label', j.label, 'template', j.template,
                                  'profile', j.profile))
        || CASE WHEN the_image IS NOT NULL THEN (
            SELECT jsonb_build_object('image', jsonb_build_object(
                'image_id', i.image_id, 'sku', i.sku, 'image_no', i.image_no, 'source_name', i.source_name,
                'shoot', i.shoot, 'category', i.category, 'tier', i.tier, 'template', i.template,
                'from_state', from_state, 'state', to_state, 'confidence', i.confidence, 'reasons', i.reasons,
                'error', i.error, 'files', i.files, 'etag', i.version::text))
            FROM images i WHERE i.image_id = the_image)
        ELSE (
            SELECT jsonb_build_object(
                'counts', (SELECT jsonb_object_agg(state, images) FROM (
                    SELECT state, count(*) AS images FROM images WHERE job_id = the_job GROUP BY state) AS counted),
                -- One more than a message lists, to tell that there are too many.
                'images', (SELECT jsonb_agg(listed ORDER BY position) FROM (
                    SELECT position, image_id, sku, image_no, state FROM images WHERE job_id = the_job
                    ORDER BY position LIMIT 101) AS listed))
        ) END
    FROM jobs j WHERE j.job_id = the_job
$$;

CREATE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text := webhook_event(NEW.kind, NEW.from_state, NEW.to_state);
BEGIN
    INSERT INTO webhook_deliveries (endpoint_id, message_id, event, event_id, happened_at, snapshot)
        SELECT e.endpoint_id, webhook_message_id(e.endpoint_id, NEW.event_id), name, NEW.event_id, NEW.at,
               webhook_snapshot(NEW.job_id, NEW.image_id, NEW.from_state, NEW.to_state)
        FROM jobs j JOIN webhook_endpoints e ON e.shop = j.shop
        WHERE j.job_id = NEW.job_id AND NOT e.disabled AND (e.events = '{}' OR name = ANY(e.events));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_webhooks AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.kind IN ('job_succeeded', 'job_failed')
          OR NEW.to_state IN ('needs_review', 'approved', 'rejected', 'published', 'failed')
             AND NEW.from_state <> NEW.to_state)
    EXECUTE FUNCTION tell_webhooks();

-- When the last open image of a job ends, the job ends. Looked at when the transaction commits and under a lock: of two
-- images that end at once the second waits, and sees the first. At the commit no other lock is waited for any more.
CREATE FUNCTION note_job_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.job_id::text, 0));
    IF NEW.to_state IN ('received', 'processing') THEN
        DELETE FROM job_ends WHERE job_id = NEW.job_id;
        RETURN NULL;
    END IF;
    INSERT INTO job_ends (job_id)
        SELECT job_id FROM jobs j WHERE job_id = NEW.job_id AND cancelled_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM images i WHERE i.job_id = j.job_id AND i.state IN ('received', 'processing'))
        ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO events (job_id, kind) SELECT NEW.job_id, CASE WHEN EXISTS (
            SELECT 1 FROM images i WHERE i.job_id = NEW.job_id AND i.state = 'failed')
            THEN 'job_failed' ELSE 'job_succeeded' END;
    END IF;
    RETURN NULL;
END $$;
-- The image left the open states.
CREATE CONSTRAINT TRIGGER job_end AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.from_state IN ('received', 'processing') AND NEW.to_state NOT IN ('received', 'processing', 'cancelled'))
    EXECUTE FUNCTION note_job_end();
-- The image is worked on anew. That its files are made again after a decision is no new end of the job.
CREATE CONSTRAINT TRIGGER job_goes_on AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.from_state NOT IN ('', 'received', 'processing') AND NEW.to_state IN ('received', 'processing')
          AND NEW.kind <> 'decided')
    EXECUTE FUNCTION note_job_end();
