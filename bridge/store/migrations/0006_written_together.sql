-- What one commit writes stands close together. A page of the log is what a row costs, and a
-- name that is as good as random puts each row on a page of its own.

-- Conversations and threads in the order in which they were made, not in that of their names.
ALTER TABLE conversations RENAME TO old_conversations;
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    creator TEXT NOT NULL,
    seq INTEGER NOT NULL,
    people_key TEXT UNIQUE        -- of those present; NULL where another one has it
);
INSERT INTO conversations (id, creator, seq, people_key)
SELECT c.id, c.creator, c.seq, c.people_key FROM old_conversations c
LEFT JOIN threads t ON t.conversation = c.id GROUP BY c.id ORDER BY max(t.active);
DROP TABLE old_conversations;

ALTER TABLE threads RENAME TO old_threads;
DROP INDEX threads_conversation;
DROP INDEX threads_pin;
CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    pin TEXT NOT NULL,
    tail INTEGER NOT NULL,        -- seq of its newest event
    active INTEGER NOT NULL,      -- position of its newest event
    opened_by TEXT NOT NULL
);
INSERT INTO threads (id, conversation, pin, tail, active, opened_by)
SELECT id, conversation, pin, tail, active, opened_by FROM old_threads ORDER BY active;
DROP TABLE old_threads;
CREATE INDEX threads_conversation ON threads (conversation, pin);
CREATE INDEX threads_pin ON threads (pin);

-- Keys of intents, and remote ids, by the part that grows with time: `slack:C1:<time>:post`
-- by <time>, `C1:<time>` by <time>.
ALTER TABLE intents RENAME TO old_intents;
CREATE TABLE intents (
    late TEXT NOT NULL,           -- the third part of the key, else nothing
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    conversation TEXT NOT NULL,
    thread TEXT NOT NULL,
    seq INTEGER NOT NULL,
    message TEXT,
    PRIMARY KEY (late, key)
) WITHOUT ROWID;
INSERT INTO intents (late, key, fingerprint, conversation, thread, seq, message)
WITH cut_once AS (
    SELECT *, substr(key, instr(key, ':') + 1) AS rest FROM old_intents
), cut_twice AS (
    SELECT *, CASE WHEN instr(key, ':') AND instr(rest, ':')
        THEN substr(rest, instr(rest, ':') + 1) || ':' ELSE ':' END AS last FROM cut_once
)
SELECT substr(last, 1, instr(last, ':') - 1), key, fingerprint, conversation, thread, seq, message
FROM cut_twice;
DROP TABLE old_intents;

DROP INDEX placements_remote;
CREATE INDEX placements_remote ON placements (substr(remote, 1 + instr(remote, ':')));
