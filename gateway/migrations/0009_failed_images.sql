-- What a request id answered besides its job, so that a repetition answers the same.
ALTER TABLE requests ADD COLUMN failed_images jsonb NOT NULL DEFAULT '[]';   -- FailedImage[]
