-- What a worker says of a task counts while it holds the task as it claimed it. Procrastinate's own functions go by the id
-- alone: a worker that was taken for dead, and ends late, would end the task of the worker that has taken it over, and
-- the image would stand `processing` with nobody to run it again.
--
-- A claim is told from the next by `attempts`: whatever brings a task back to the queue counts it up.

-- Ends the task; whether it was held.
CREATE FUNCTION end_task(task bigint, claim integer, end_status procrastinate_job_status, gone boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM procrastinate_jobs WHERE id = task AND attempts = claim AND status = 'doing' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM procrastinate_finish_job_v1(task, end_status, gone);
    RETURN true;
END $$;

-- Gives the task back to the queue, to be started from then on; whether it was held.
CREATE FUNCTION release_task(task bigint, claim integer, start_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM procrastinate_jobs WHERE id = task AND attempts = claim AND status = 'doing' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM procrastinate_retry_job_v2(task, start_at, NULL, NULL, NULL);
    RETURN true;
END $$;

-- Ends the task of an image that has ended in the same statement; whether it did. Those who hold a task may wait for its
-- image, so nobody who holds the image waits for the task: a task in somebody's hands at this moment is left to them.
CREATE FUNCTION drop_task(task bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM procrastinate_jobs WHERE id = task AND status IN ('todo', 'doing') FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM procrastinate_jobs WHERE id = task;
    RETURN true;
END $$;

-- As many as a worker has places for: what is joined to them is looked up one by one.
ALTER FUNCTION claim_tasks(bigint, integer) ROWS 8;
