-- The call that made a job, as the header `traceparent`; '' when it was not traced. The traces of its images name it.
ALTER TABLE jobs ADD COLUMN traceparent text NOT NULL DEFAULT '';
