-- API keys, quotas of shops, and what shops have used.

CREATE TABLE api_keys (
    number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of creation
    key_id          text PRIMARY KEY,
    shop            text NOT NULL,                    -- '' for every shop
    roles           text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['submit', 'review', 'admin']),
    label           text NOT NULL,
    secret_sha256   bytea NOT NULL,
    -- The secret before the last rotation, and until when it is still good.
    previous_sha256 bytea,
    previous_until  timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz,
    revoked_at      timestamptz,
    last_used_at    timestamptz
);
CREATE INDEX api_keys_of_shop ON api_keys (shop, number DESC);

-- Limits of a shop: 0 is the default of the server, -1 no limit.
CREATE TABLE quotas (
    shop                text PRIMARY KEY,
    requests_per_minute integer NOT NULL DEFAULT 0 CHECK (requests_per_minute >= -1),
    images_per_month    bigint NOT NULL DEFAULT 0 CHECK (images_per_month >= -1),
    open_images         bigint NOT NULL DEFAULT 0 CHECK (open_images >= -1),
    stored_bytes        bigint NOT NULL DEFAULT 0 CHECK (stored_bytes >= -1),
    updated_at          timestamptz NOT NULL DEFAULT now()
);

-- Images a shop has had taken in. A counter, because images may be deleted later; its row is also the lock under
-- which the limits of the shop are checked.
CREATE TABLE shop_use (
    shop   text PRIMARY KEY,
    month  date NOT NULL,                             -- the first of the month, UTC
    images bigint NOT NULL
);

-- Token buckets. Unlogged: a crash of the server fills them, and no request waits for the disk.
CREATE UNLOGGED TABLE request_buckets (
    shop    text PRIMARY KEY,
    tokens  double precision NOT NULL,
    granted boolean NOT NULL,                         -- the last request
    at      timestamptz NOT NULL
);

CREATE INDEX images_open_of_shop ON images (shop) WHERE state IN ('received', 'processing');
