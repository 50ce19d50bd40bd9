-- Times are milliseconds since 1970-01-01, UTC.

CREATE TABLE cards (
    id INTEGER PRIMARY KEY NOT NULL,
    -- Of system 0.
    idm BLOB NOT NULL UNIQUE CHECK (length(idm) = 8),
    pmm BLOB NOT NULL CHECK (length(pmm) = 8),
    -- Known once the card has proved itself, or has been decoded.
    idi BLOB CHECK (length(idi) = 8),
    pmi BLOB CHECK (length(pmi) = 8),
    -- An emulated card's profile; NULL for a card on a reader.
    profile TEXT,
    -- The reader it was last seen on; NULL for an emulated card.
    reader TEXT,
    -- Two bytes each, big endian, from system 0 on.
    system_codes BLOB NOT NULL CHECK (length(system_codes) % 2 = 0),
    -- The card code that is printed on it, or whatever else people call it.
    label TEXT,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    -- 'blank' or 'issued'.
    state TEXT NOT NULL,
    CHECK ((profile IS NULL) <> (reader IS NULL))
) STRICT;

-- A flow on a card.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY NOT NULL,
    flow TEXT NOT NULL,
    card INTEGER NOT NULL REFERENCES cards (id),
    begun_ms INTEGER NOT NULL,
    -- 'done', 'stopped' or 'refused'; NULL while it goes on.
    ending TEXT
) STRICT;
CREATE INDEX runs_of_card ON runs (card);

-- The log of a run that goes on, in order: what a crash leaves of it.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (id),
    -- JSON.
    entry TEXT NOT NULL
) STRICT;
CREATE INDEX entries_of_run ON entries (run);

-- Writes to cards, each here before it is sent.
CREATE TABLE intents (
    id INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (id),
    step TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- 'open', 'done', 'not done' or 'unknown'.
    outcome TEXT NOT NULL,
    settled_ms INTEGER,
    CHECK ((settled_ms IS NULL) = (outcome IN ('open', 'unknown')))
) STRICT;
CREATE INDEX intents_of_run ON intents (run);
CREATE INDEX intents_unsettled ON intents (id) WHERE settled_ms IS NULL;
