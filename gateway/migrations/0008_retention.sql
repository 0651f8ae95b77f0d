-- What expires, and how many bytes each shop keeps.

-- One row a photo: the unit of retention, and what everybody locks who wants its objects to stay or to go. All objects
-- of a photo lie under "<shop>/<sha256>/" (gateway/keys.py), so no other photo's images can refer to them.
CREATE TABLE photos (
    key        text PRIMARY KEY,                      -- of the original
    size       bigint NOT NULL,
    used_at    timestamptz NOT NULL DEFAULT now(),    -- last upload or job
    -- The original has expired. Until the object is deleted an upload or a job brings it back.
    gone       boolean NOT NULL DEFAULT false,
    -- The rows know that objects are to go; the objects may still be there.
    sweeping   boolean NOT NULL DEFAULT false,
    checked_at timestamptz
);
CREATE INDEX photos_to_check ON photos (used_at);
CREATE INDEX photos_sweeping ON photos (key) WHERE sweeping;
CREATE INDEX images_of_photo ON images ((original ->> 'key'));

-- Kinds of files that are gone: originals, intermediates, results.
ALTER TABLE images ADD COLUMN expired text[] NOT NULL DEFAULT '{}';

-- Bytes by shop. Changes are only ever added, so that writers of one shop do not wait for each other, and folded into
-- the totals from time to time.
CREATE TABLE stored_totals (
    shop  text PRIMARY KEY,
    bytes bigint NOT NULL
);
CREATE TABLE stored_changes (
    shop  text NOT NULL,
    bytes bigint NOT NULL
);
CREATE INDEX stored_changes_of_shop ON stored_changes (shop);

CREATE FUNCTION outputs_bytes(outputs jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(coalesce((value ->> 'size_bytes')::bigint, 0)), 0)::bigint FROM jsonb_each(outputs)
$$;
CREATE FUNCTION count_outputs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stored_changes VALUES (split_part(NEW.key, '/', 1), outputs_bytes(NEW.outputs));
    RETURN NULL;
END $$;
CREATE TRIGGER count_bytes AFTER INSERT ON results
    FOR EACH ROW WHEN (NEW.outputs <> '{}') EXECUTE FUNCTION count_outputs();
CREATE FUNCTION count_photo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stored_changes VALUES (split_part(NEW.key, '/', 1), NEW.size);
    RETURN NULL;
END $$;
CREATE TRIGGER count_bytes AFTER INSERT ON photos FOR EACH ROW EXECUTE FUNCTION count_photo();

INSERT INTO photos (key, size, used_at)
    SELECT key, max(size), max(used_at) FROM (
        SELECT key, size, created_at AS used_at FROM uploads
        UNION ALL
        SELECT original ->> 'key', coalesce((original ->> 'size_bytes')::bigint, 0), created_at FROM images
    ) known GROUP BY key;
INSERT INTO stored_changes
    SELECT split_part(key, '/', 1), sum(outputs_bytes(outputs)) FROM results WHERE outputs <> '{}' GROUP BY 1;
