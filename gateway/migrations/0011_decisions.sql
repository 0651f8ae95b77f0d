-- Decisions besides approval and rejection, and whose key was used.

ALTER TABLE decisions DROP CONSTRAINT decisions_verdict_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_verdict_check
    CHECK (verdict IN ('approve', 'review', 'reject', 'fix', 'art_direction'));
ALTER TABLE decisions ADD COLUMN key_id text NOT NULL DEFAULT '';   -- '' when no key was required, and of the gate
