-- What every image cost. Entries are only ever added; each has the price of its time, and a name under which it is
-- booked once, however often it is reported (docs/costs.md).

-- Prices in one currency. A version never changes: another price is another version.
CREATE TABLE ledger_prices (
    version          text PRIMARY KEY,
    valid_from       timestamptz NOT NULL UNIQUE,
    currency         text NOT NULL,
    cpu_hour         numeric NOT NULL CHECK (cpu_hour >= 0),
    gpu_hour         numeric NOT NULL CHECK (gpu_hour >= 0),
    wage_hour        numeric NOT NULL CHECK (wage_hour >= 0),
    storage_gb_month numeric NOT NULL CHECK (storage_gb_month >= 0),
    egress_gb        numeric NOT NULL CHECK (egress_gb >= 0),
    nodes            jsonb NOT NULL                   -- name -> price of an hour
);

CREATE TABLE ledger (
    entry_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking       text NOT NULL,
    -- overhead: CPU time of our processes for no image; fixed: hours of nodes held.
    kind          text NOT NULL CHECK (kind IN ('cpu', 'gpu', 'storage', 'egress', 'human', 'overhead', 'fixed')),
    image_id      uuid,                               -- null: of no image
    shop          text NOT NULL,                      -- '' for what serves all
    stage         text NOT NULL,
    -- Seconds of cpu, gpu, human and overhead; byte-days of storage; bytes of egress; hours of fixed.
    quantity      double precision NOT NULL CHECK (quantity >= 0),
    amount        numeric NOT NULL,
    price_version text REFERENCES ledger_prices,      -- null: there was no price yet
    at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (booking, kind)
);
CREATE INDEX ledger_by_time ON ledger (at, kind);
CREATE INDEX ledger_of_image ON ledger (image_id);
CREATE INDEX ledger_of_shop ON ledger (shop, at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_prices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far loops have booked: storage by day, each node by hour.
CREATE TABLE ledger_marks (
    what  text PRIMARY KEY,
    until timestamptz NOT NULL
);

-- An amount holds from its month on, until a later month has another.
CREATE TABLE budgets (
    shop       text NOT NULL,
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    amount     numeric NOT NULL CHECK (amount >= 0),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop, month)
);

-- The version that holds at a time; before the first one, that.
CREATE FUNCTION prices_at(moment timestamptz) RETURNS ledger_prices LANGUAGE sql STABLE AS $$
    SELECT p FROM ledger_prices p ORDER BY p.valid_from <= moment DESC,
        CASE WHEN p.valid_from <= moment THEN p.valid_from END DESC, p.valid_from LIMIT 1
$$;

-- Price of one unit of quantity. A month has 365.25 / 12 days, a GB 10^9 bytes.
CREATE FUNCTION unit_price(prices ledger_prices, kind text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'cpu' THEN prices.cpu_hour / 3600
        WHEN 'overhead' THEN prices.cpu_hour / 3600
        WHEN 'gpu' THEN prices.gpu_hour / 3600
        WHEN 'human' THEN prices.wage_hour / 3600
        WHEN 'storage' THEN prices.storage_gb_month / 1e9 / 30.4375
        WHEN 'egress' THEN prices.egress_gb / 1e9
    END
$$;

-- Books entries once: the same (booking, kind) again changes nothing.
CREATE FUNCTION book(bookings text[], kinds text[], images uuid[], shops text[], stages text[],
                     quantities double precision[], moment timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH price AS MATERIALIZED (SELECT prices_at(moment) AS p),
    given AS (SELECT * FROM unnest(bookings, kinds, images, shops, stages, quantities)
              AS g (booking, kind, image_id, shop, stage, quantity) WHERE quantity > 0),
    booked AS (
        INSERT INTO ledger (booking, kind, image_id, shop, stage, quantity, amount, price_version, at)
        SELECT g.booking, g.kind, g.image_id, g.shop, g.stage, g.quantity,
               round(coalesce(g.quantity::numeric * unit_price(price.p, g.kind), 0), 15), (price.p).version, moment
        FROM given g, price ORDER BY g.booking, g.kind ON CONFLICT (booking, kind) DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM booked
$$;

-- What the stage used: StageUse in JSON, null when it was reused.
ALTER TABLE stage_runs ADD COLUMN use jsonb;

CREATE FUNCTION book_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text := 'use:' || (NEW.use ->> 'process') || ':' || (NEW.use ->> 'sequence');
    owner text := (SELECT shop FROM images WHERE image_id = NEW.image_id);
BEGIN
    PERFORM book(ARRAY[named, named, named || ':model'], ARRAY['cpu', 'gpu', 'cpu'],
                 array_fill(NEW.image_id, ARRAY[3]), array_fill(owner, ARRAY[3]), array_fill(NEW.stage, ARRAY[3]),
                 ARRAY[(NEW.use ->> 'cpu_seconds')::float8, (NEW.use ->> 'gpu_seconds')::float8,
                       (NEW.use ->> 'model_cpu_seconds')::float8], now());
    RETURN NULL;
END $$;
CREATE TRIGGER book_use AFTER INSERT ON stage_runs
    FOR EACH ROW WHEN (NEW.use ->> 'process' <> '') EXECUTE FUNCTION book_stage();

CREATE FUNCTION book_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM book(ARRAY['decision:' || NEW.decision_id], ARRAY['human'], ARRAY[NEW.image_id],
                 ARRAY(SELECT shop FROM images WHERE image_id = NEW.image_id), ARRAY['review'], ARRAY[NEW.seconds],
                 now());
    RETURN NULL;
END $$;
CREATE TRIGGER book_seconds AFTER INSERT ON decisions
    FOR EACH ROW WHEN (NEW.actor = 'person' AND NEW.seconds > 0) EXECUTE FUNCTION book_decision();

-- What reports group images by, and what became of them.
CREATE VIEW ledger_images AS
SELECT i.image_id, i.shop, i.category, i.updated_at, i.state IN ('approved', 'published') AS approved,
    coalesce(composed.template, nullif(i.template, ''), j.template) AS template,
    coalesce(segmented.model_version, '') AS model_version,
    approved.at AS approved_at,                       -- the first time, whatever happened since
    EXISTS (SELECT 1 FROM events e WHERE e.image_id = i.image_id AND e.from_state IN ('approved', 'published')
            AND e.to_state NOT IN ('approved', 'published')) AS reworked,
    EXISTS (SELECT 1 FROM decisions d WHERE d.image_id = i.image_id AND d.actor = 'person') AS touched
FROM images i JOIN jobs j USING (job_id)
LEFT JOIN LATERAL (SELECT s.numbers ->> 'template' AS template FROM stage_runs s
    WHERE s.image_id = i.image_id AND s.stage = 'compose' ORDER BY s.stage_run_id DESC LIMIT 1) AS composed ON true
LEFT JOIN LATERAL (SELECT s.numbers ->> 'model_version' AS model_version FROM stage_runs s
    WHERE s.image_id = i.image_id AND s.stage = 'segment' ORDER BY s.stage_run_id DESC LIMIT 1) AS segmented ON true
LEFT JOIN LATERAL (SELECT min(e.at) AS at FROM events e
    WHERE e.image_id = i.image_id AND e.to_state = 'approved') AS approved ON true;
