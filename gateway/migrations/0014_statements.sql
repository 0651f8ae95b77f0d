-- What follows from rows is done once a statement: the records of many images come in one.

CREATE OR REPLACE FUNCTION count_outputs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stored_changes SELECT split_part(key, '/', 1), sum(outputs_bytes(outputs)) FROM inserted
        WHERE outputs <> '{}' GROUP BY 1;
    RETURN NULL;
END $$;
DROP TRIGGER count_bytes ON results;
CREATE TRIGGER count_bytes AFTER INSERT ON results REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION count_outputs();

CREATE OR REPLACE FUNCTION book_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM book(array_agg(b.booking), array_agg(b.kind), array_agg(s.image_id), array_agg(i.shop), array_agg(s.stage),
                 array_agg((s.use ->> b.used)::float8), now())
        FROM inserted s JOIN images i USING (image_id),
        LATERAL (SELECT 'use:' || (s.use ->> 'process') || ':' || (s.use ->> 'sequence') AS named) AS n,
        LATERAL (VALUES (named, 'cpu', 'cpu_seconds'), (named, 'gpu', 'gpu_seconds'),
                        (named || ':model', 'cpu', 'model_cpu_seconds')) AS b (booking, kind, used)
        WHERE s.use ->> 'process' <> '' HAVING count(*) > 0;
    RETURN NULL;
END $$;
DROP TRIGGER book_use ON stage_runs;
CREATE TRIGGER book_use AFTER INSERT ON stage_runs REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION book_stage();

CREATE OR REPLACE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (endpoint_id, message_id, event, event_id, happened_at, snapshot)
        SELECT e.endpoint_id, webhook_message_id(e.endpoint_id, n.event_id), n.name, n.event_id, n.at,
               webhook_snapshot(n.job_id, n.image_id, n.from_state, n.to_state)
        FROM (SELECT *, webhook_event(kind, from_state, to_state) AS name FROM inserted) AS n
        JOIN jobs j USING (job_id) JOIN webhook_endpoints e ON e.shop = j.shop
        WHERE n.name IS NOT NULL AND NOT e.disabled AND (e.events = '{}' OR n.name = ANY(e.events))
        ORDER BY n.event_id;
    RETURN NULL;
END $$;
DROP TRIGGER tell_webhooks ON events;
CREATE TRIGGER tell_webhooks AFTER INSERT ON events REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION tell_webhooks();
