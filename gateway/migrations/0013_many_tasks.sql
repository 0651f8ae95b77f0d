-- As many tasks as a worker has places for, in one statement; fewer when no more wait.
CREATE FUNCTION claim_tasks(worker bigint, most integer) RETURNS SETOF procrastinate_jobs LANGUAGE plpgsql AS $$
DECLARE
    task procrastinate_jobs;
BEGIN
    FOR place IN 1..most LOOP
        task := claim_task(worker);
        EXIT WHEN task.id IS NULL;
        RETURN NEXT task;
    END LOOP;
END $$;

-- A run changes its image seven times, mostly in columns without an index: with room on the page no index is touched.
ALTER TABLE images SET (fillfactor = 70);
ALTER TABLE procrastinate_jobs SET (fillfactor = 70);
