-- Uploads that go straight into the object store: promised, then finished or forgotten.
CREATE TABLE pending_uploads (
    upload_id  uuid PRIMARY KEY,
    shop       text NOT NULL,
    media_type text NOT NULL,                         -- '' means what the store was told
    expires_at timestamptz NOT NULL,
    key        text REFERENCES uploads ON DELETE SET NULL,  -- the photo, once it is finished
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_uploads_expire ON pending_uploads (expires_at);
CREATE INDEX pending_uploads_of_photo ON pending_uploads (key) WHERE key IS NOT NULL;
