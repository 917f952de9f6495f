-- Times are whole microseconds since 1970, UTC. Identifiers are text and opaque.
-- Foreign keys are not declared: one writer checks what it writes, and each
-- declared key would cost a look-up per row on the way of every message.

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    picture TEXT,
    named INTEGER NOT NULL,       -- 1: the operator named it; profiles do not change it
    folded TEXT NOT NULL          -- the name in one case, to be searched by its beginning
) WITHOUT ROWID;
CREATE INDEX accounts_folded ON accounts (folded);

CREATE TABLE identities (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    user TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (platform, workspace, user)
) WITHOUT ROWID;
CREATE INDEX identities_account ON identities (account);

CREATE TABLE pins (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    title TEXT,
    description TEXT,
    alt TEXT,
    picture TEXT,
    link TEXT,
    board TEXT,
    creator TEXT,
    color TEXT,
    source TEXT NOT NULL,
    looked_at INTEGER NOT NULL    -- 0: never looked up
);
CREATE INDEX pins_bare ON pins (looked_at) WHERE source = 'bare';

CREATE TABLE bindings (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    UNIQUE (platform, workspace, channel)
) WITHOUT ROWID;
CREATE INDEX bindings_account ON bindings (account);

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    creator TEXT NOT NULL,
    seq INTEGER NOT NULL,
    people_key TEXT UNIQUE        -- of those present; NULL where another one has it
) WITHOUT ROWID;

CREATE TABLE members (
    conversation TEXT NOT NULL,
    n INTEGER NOT NULL,           -- the order in which they came
    account TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (conversation, n)
) WITHOUT ROWID;
CREATE INDEX members_account ON members (account, conversation);

CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    pin TEXT NOT NULL,
    tail INTEGER NOT NULL,        -- seq of its newest event
    active INTEGER NOT NULL,      -- position of its newest event
    opened_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX threads_conversation ON threads (conversation, pin);
CREATE INDEX threads_pin ON threads (pin);

CREATE TABLE events (
    position INTEGER PRIMARY KEY, -- grows over all conversations
    conversation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    thread TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT,                 -- of a MessagePosted, whose words are in bodies
    pin TEXT,                     -- of a MessagePosted
    data TEXT,                    -- the fields of any other kind, as JSON
    agent TEXT                    -- an identity, as JSON
);
CREATE UNIQUE INDEX events_thread ON events (thread, seq);
CREATE INDEX events_pin ON events (pin, thread) WHERE pin IS NOT NULL;

CREATE TABLE bodies (
    position INTEGER PRIMARY KEY, -- of the event
    text TEXT NOT NULL
);

CREATE TABLE intents (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    conversation TEXT NOT NULL,
    thread TEXT NOT NULL,
    seq INTEGER NOT NULL,
    message TEXT
) WITHOUT ROWID;

CREATE TABLE mirrors (
    id TEXT PRIMARY KEY,
    thread TEXT NOT NULL,
    conversation TEXT NOT NULL,
    binding TEXT NOT NULL,
    account TEXT NOT NULL,        -- account, place and kind as the binding had them then:
    platform TEXT NOT NULL,       -- the placements stay where they were made
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_seq INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    until_seq INTEGER,
    root TEXT,
    space TEXT,
    state TEXT NOT NULL DEFAULT 'active',
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER,
    sending TEXT,                 -- a Sending, as JSON
    newest TEXT                   -- the remote message that was placed last
);
CREATE INDEX mirrors_thread ON mirrors (thread);
CREATE INDEX mirrors_space ON mirrors (space) WHERE space IS NOT NULL;
CREATE INDEX mirrors_place ON mirrors (platform, channel);

-- A row is known by the position of its item's event, so that new rows stand together at the
-- end: one page more or less is what a message costs. The card has position 0.
CREATE TABLE placements (
    position INTEGER NOT NULL,
    mirror TEXT NOT NULL,
    part INTEGER NOT NULL,
    remote TEXT NOT NULL,
    poster TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (position, mirror, part)
) WITHOUT ROWID;
CREATE INDEX placements_remote ON placements (remote);

CREATE TABLE refused (
    mirror TEXT NOT NULL,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (mirror, seq)
) WITHOUT ROWID;

CREATE TABLE held (
    n INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    space TEXT NOT NULL,
    intent TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX held_space ON held (platform, space);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE used (
    token TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;
