-- The words of messages, in a file of their own beside the database, and what they are made of.
-- A row has the position of its message's post. `audience` are the accounts that were there
-- when it was posted and may see it: nobody else ever finds it.

-- name: schema
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    text, author, audience, tokenize = "unicode61 remove_diacritics 2"
);

-- name: progress_schema
CREATE TABLE IF NOT EXISTS progress (
    n INTEGER PRIMARY KEY CHECK (n = 1),
    position INTEGER NOT NULL,    -- of the last event that has been read
    conversation TEXT NOT NULL,   -- which one that was: another history has another one there
    seq INTEGER NOT NULL
);

-- name: progress
SELECT position, conversation, seq FROM progress;

-- name: put_progress
INSERT INTO progress (n, position, conversation, seq) VALUES (1, ?, ?, ?)
ON CONFLICT (n) DO UPDATE SET position = excluded.position,
    conversation = excluded.conversation, seq = excluded.seq;

-- name: add
INSERT INTO words (rowid, text, author, audience) VALUES (?, ?, ?, ?);

-- name: remove
DELETE FROM words WHERE rowid = ?;

-- name: found
SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ?
ORDER BY rowid DESC LIMIT ?;

-- All of these read the history.

-- name: same_history
SELECT 1 FROM events WHERE position = ? AND conversation = ? AND seq = ?;

-- name: touched
-- Events after a position, each with the post whose words it may have changed.
SELECT e.position, e.conversation, e.seq, CASE
    WHEN e.message IS NOT NULL THEN e.position
    WHEN e.kind = 'MessageEdited' THEN (SELECT edits FROM bodies WHERE position = e.position)
    WHEN e.kind IN ('MessageDeleted', 'FileAdded', 'FileRemoved') THEN (
        SELECT position FROM events p WHERE p.message = e.data ->> 'message'
    ) END
FROM events e WHERE e.position > ? ORDER BY e.position LIMIT ?;

-- name: of_posts
-- `hidden` are those from whom the post or its last edit is hidden.
SELECT e.position, e.actor, e.only, (
    SELECT json_group_array(value) FROM (
        SELECT value FROM json_each(ifnull(e.hidden, '[]'))
        UNION SELECT value FROM json_each(ifnull(l.hidden, '[]'))
    )
), (
    SELECT json_group_array(s.account) FROM members s WHERE s.conversation = e.conversation
    AND s.since <= e.seq AND (s.until IS NULL OR s.until >= e.seq)
), c.text, (
    SELECT group_concat(a.data ->> '$.file.name', ' ')
    FROM files f JOIN events a ON a.position = f.position
    WHERE f.message = e.position AND f.removed IS NULL AND f.file <> ''
)
FROM json_each(?) j JOIN events e ON e.position = j.value
JOIN bodies b ON b.position = e.position
JOIN bodies c ON c.position = ifnull(b.latest, b.position)
LEFT JOIN events l ON l.position = b.latest
WHERE b.deleted IS NULL;

-- name: hits
SELECT e.position, e.thread, t.pin, e.message, e.seq, e.actor, e.at, c.text
FROM json_each(:positions) j JOIN events e ON e.position = j.value
JOIN threads t ON t.id = e.thread
JOIN bodies b ON b.position = e.position
JOIN bodies c ON c.position = ifnull(b.latest, b.position)
LEFT JOIN events l ON l.position = b.latest
WHERE b.deleted IS NULL AND e.at >= :after AND e.at < :before
AND (e.only IS NULL OR e.only = :account)
AND (e.hidden IS NULL OR :account NOT IN (SELECT value FROM json_each(e.hidden)))
AND (l.hidden IS NULL OR :account NOT IN (SELECT value FROM json_each(l.hidden)))
AND EXISTS (
    SELECT 1 FROM members s WHERE s.account = :account AND s.conversation = e.conversation
    AND s.since <= e.seq AND (s.until IS NULL OR s.until >= e.seq)
)
AND (l.seq IS NULL OR EXISTS (
    -- Whoever has left reads nothing that was made of a message since.
    SELECT 1 FROM members s WHERE s.account = :account AND s.conversation = e.conversation
    AND (s.until IS NULL OR s.since <= l.seq AND s.until >= l.seq)
))
ORDER BY e.position DESC;

-- name: end
SELECT ifnull(max(position), 0) FROM events;

-- name: at
SELECT position, at FROM events WHERE position >= ? ORDER BY position LIMIT 1;
