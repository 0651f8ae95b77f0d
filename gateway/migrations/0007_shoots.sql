-- Shoots: photos of one shop with the same light and paper, and the plate they share.

CREATE TABLE shoots (
    shop        text NOT NULL,
    name        text NOT NULL,
    -- Rises when a plate that was of no use makes room for another try.
    version     integer NOT NULL DEFAULT 1,
    -- none: not made yet. Any other is frozen: it is made once, whoever asks at the same time.
    source      text NOT NULL DEFAULT 'none' CHECK (source IN ('none', 'photos', 'empty_frame', 'unusable')),
    empty_frame jsonb,                                -- ObjectRef
    plate       jsonb,                                -- ObjectRef
    photos      integer NOT NULL DEFAULT 0,           -- the plate was made from so many
    detail      text NOT NULL DEFAULT '',             -- why it is unusable, or how good it is
    numbers     jsonb NOT NULL DEFAULT '{}',          -- PlateNumbers
    created_at  timestamptz NOT NULL DEFAULT now(),
    frozen_at   timestamptz,
    PRIMARY KEY (shop, name)
);
CREATE INDEX images_of_shoot ON images (shop, shoot, image_id) WHERE shoot <> '';
INSERT INTO shoots (shop, name, created_at)
    SELECT shop, shoot, min(created_at) FROM images WHERE shoot <> '' GROUP BY shop, shoot;
