-- Who may talk to whom, what stays inside a brand, and what happens later by itself.

ALTER TABLE accounts ADD COLUMN banned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN signs INTEGER NOT NULL DEFAULT 0; -- 1: a brand that shows agents

ALTER TABLE identities ADD COLUMN linked INTEGER NOT NULL DEFAULT 0; -- 1: its owner decided
ALTER TABLE identities ADD COLUMN former TEXT;  -- accounts that it had before, as JSON

ALTER TABLE bindings ADD COLUMN mode TEXT NOT NULL DEFAULT 'explicit';
ALTER TABLE bindings ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bindings ADD COLUMN conversation TEXT; -- the one that lives there; NULL: all of them

ALTER TABLE members ADD COLUMN request TEXT NOT NULL DEFAULT 'none';
ALTER TABLE members ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN removed INTEGER NOT NULL DEFAULT 0; -- 1: by the creator

ALTER TABLE threads ADD COLUMN assignee TEXT;
ALTER TABLE threads ADD COLUMN status TEXT NOT NULL DEFAULT 'open';
ALTER TABLE threads ADD COLUMN until INTEGER;   -- when a snoozed one wakes up

-- Who sees an event beside whom nobody does, and who does not. Both are rare.
ALTER TABLE events ADD COLUMN only TEXT;        -- the one account that sees it
ALTER TABLE events ADD COLUMN hidden TEXT;      -- accounts that do not, as JSON

CREATE TABLE follows (
    who TEXT NOT NULL,
    whom TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (who, whom)
) WITHOUT ROWID;
CREATE INDEX follows_whom ON follows (whom, who);

CREATE TABLE blocks (
    who TEXT NOT NULL,
    whom TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (who, whom)
) WITHOUT ROWID;
CREATE INDEX blocks_whom ON blocks (whom, who);

CREATE TABLE agents (             -- whoever acts for a brand; role '' is by the brand's own rule
    brand TEXT NOT NULL,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (brand, account)
) WITHOUT ROWID;
CREATE INDEX agents_account ON agents (account);

CREATE TABLE invitations (        -- accounts that may start where not everybody may
    account TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE timers (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    due INTEGER,                  -- NULL: when somebody says so
    thread TEXT,
    account TEXT,                 -- for whom it is
    what TEXT NOT NULL            -- JSON, as its kind has it
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due) WHERE due IS NOT NULL;
CREATE INDEX timers_thread ON timers (thread) WHERE thread IS NOT NULL;

CREATE TABLE reports (            -- what was reported, as it stood then
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    reporter TEXT NOT NULL,
    conversation TEXT NOT NULL,
    thread TEXT NOT NULL,
    reason TEXT NOT NULL,
    what TEXT NOT NULL,           -- the messages, as JSON
    key TEXT NOT NULL UNIQUE      -- of the intent
);

CREATE TABLE prefs (              -- of an account that has chosen
    account TEXT PRIMARY KEY,
    notify TEXT NOT NULL,
    quiet_from TEXT NOT NULL,     -- hh:mm; both empty: no quiet hours
    quiet_to TEXT NOT NULL,
    zone TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE links (              -- codes that tie two logins to one account
    code TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    user TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;

-- Everybody's inbox as each of them sees it. It follows the history by its own cursor, so that
-- posting does not wait for it, and is brought up to date before it is read.
CREATE TABLE inbox (
    account TEXT NOT NULL,
    thread TEXT NOT NULL,
    active INTEGER NOT NULL,      -- position of the newest event that the account sees
    waiting INTEGER NOT NULL,     -- 1: the newest words are somebody else's
    assignee TEXT,
    status TEXT NOT NULL,
    request TEXT NOT NULL,
    PRIMARY KEY (account, thread)
) WITHOUT ROWID;
CREATE INDEX inbox_thread ON inbox (thread);
CREATE INDEX inbox_all ON inbox (account, active) WHERE request <> 'ignored';
CREATE INDEX inbox_mine ON inbox (account, assignee, active)
    WHERE assignee IS NOT NULL AND status <> 'resolved';
CREATE INDEX inbox_unassigned ON inbox (account, active)
    WHERE assignee IS NULL AND status = 'open' AND request <> 'ignored';
CREATE INDEX inbox_waiting ON inbox (account, active)
    WHERE waiting = 1 AND status = 'open' AND request <> 'ignored';
CREATE INDEX inbox_requests ON inbox (account, active) WHERE request = 'pending';

CREATE TABLE followed (           -- how far what follows the history has come
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
