-- Who is served when (docs/adr/0011), tries of a stage, work done again from a stage.

ALTER TABLE jobs ADD COLUMN priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('rush', 'normal', 'bulk'));

ALTER TABLE images
    -- Runs since the last finished stage that ended because a service had too much to do.
    ADD COLUMN busy integer NOT NULL DEFAULT 0,
    -- Stages from this one on are done again, unless their record is younger than the number beside it.
    ADD COLUMN redo_from text NOT NULL DEFAULT '',
    ADD COLUMN redo_since bigint NOT NULL DEFAULT 0;
CREATE INDEX images_waiting ON images (shop) WHERE state = 'received';

-- Each shop's next turn in a queue; a task's priority is its turn, negated: the queue serves higher numbers first.
CREATE TABLE turns (
    queue     text NOT NULL,
    shop      text NOT NULL,
    next_turn integer NOT NULL,
    PRIMARY KEY (queue, shop)
);
-- Counts what was looked for: it shares starts among the queues, and its speed is that of the drain.
CREATE SEQUENCE claims;

UPDATE procrastinate_jobs SET queue_name = 'images-normal', priority = 0 WHERE queue_name = 'images';
CREATE INDEX tasks_ready ON procrastinate_jobs (queue_name, priority DESC, id)
    WHERE status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX tasks_paused ON procrastinate_jobs (queue_name, scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;

-- The next task for a worker, or a row of nulls. Two index look-ups a queue, however many wait. The settings keep it
-- so on connections that planned it while the table was small.
CREATE FUNCTION claim_task(worker bigint) RETURNS procrastinate_jobs LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    claim bigint := nextval('claims');
    -- One start in sixteen looks at bulk first, one in four at normal: nobody waits for ever.
    queues text[] := CASE
        WHEN claim % 16 = 0 THEN ARRAY['images-bulk', 'images-rush', 'images-normal']
        WHEN claim % 4 = 2 THEN ARRAY['images-normal', 'images-rush', 'images-bulk']
        ELSE ARRAY['images-rush', 'images-normal', 'images-bulk'] END;
    queue text;
    task procrastinate_jobs;
BEGIN
    FOREACH queue IN ARRAY queues LOOP
        -- Those whose pause between two tries is over had their turn before.
        SELECT * INTO task FROM procrastinate_jobs j
            WHERE j.queue_name = queue AND j.status = 'todo' AND j.scheduled_at <= now()
            ORDER BY j.scheduled_at LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            SELECT * INTO task FROM procrastinate_jobs j
                WHERE j.queue_name = queue AND j.status = 'todo' AND j.scheduled_at IS NULL
                ORDER BY j.priority DESC, j.id LIMIT 1 FOR UPDATE SKIP LOCKED;
        END IF;
        IF FOUND THEN
            UPDATE procrastinate_jobs j SET status = 'doing', worker_id = worker WHERE j.id = task.id
                RETURNING * INTO task;
            RETURN task;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- One word a statement instead of two for each of ten thousand tasks.
DROP TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs;
CREATE FUNCTION notify_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('procrastinate_queue_v1#' || queue_name,
                      json_build_object('type', 'job_inserted', 'job_id', max(id))::text)
        FROM inserted WHERE status = 'todo' GROUP BY queue_name;
    RETURN NULL;
END $$;
CREATE TRIGGER notify_tasks AFTER INSERT ON procrastinate_jobs REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION notify_tasks();
