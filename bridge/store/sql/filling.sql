-- A new inbox binding takes up the threads that are there already.

-- part: had
-- Where one that ended there has got to, how many have been there, and whether one is there.
-- By thread: the index of places finds all that have been made so far.
(
    SELECT max(o.until_seq) FROM mirrors o INDEXED BY mirrors_thread WHERE o.thread = t.id
    AND o.platform = :platform AND o.workspace = :workspace AND o.channel = :channel
), (SELECT count(*) FROM mirrors o WHERE o.thread = t.id AND o.binding = :binding), EXISTS (
    SELECT 1 FROM mirrors m
    WHERE m.thread = t.id AND m.binding = :binding AND m.until_seq IS NULL
)

-- name: newest
-- The threads of an account in which something has happened last, and what had happened then.
SELECT t.id, (SELECT ifnull(max(position), 0) FROM events) FROM members s
JOIN threads t ON t.conversation = s.conversation
WHERE s.account = :account AND s.until IS NULL ORDER BY t.active DESC LIMIT :limit;

-- name: threads
-- Some, and all in which something has happened since.
SELECT t.id, t.conversation, t.tail, s.since, {had}
FROM threads t CROSS JOIN members s ON s.conversation = t.conversation
WHERE s.account = :account AND s.until IS NULL AND t.id IN (
    SELECT value FROM json_each(:threads)
    UNION SELECT thread FROM events WHERE position > :seen
) ORDER BY t.active DESC LIMIT :limit;

-- name: begin
-- What had happened when the binding was written is not shown by those that come now.
INSERT INTO fillings (binding, upto)
VALUES (:binding, (SELECT ifnull(max(position), 0) FROM events))
ON CONFLICT DO UPDATE SET upto = excluded.upto, conversation = '', thread = '';

-- name: filling
SELECT upto, conversation, thread FROM fillings WHERE binding = ?;

-- name: binding
SELECT {binding} FROM bindings WHERE id = ?;

-- name: unfinished
SELECT binding FROM fillings ORDER BY binding;

-- name: piece
-- The next of all threads, with the last event of each up to which the binding shows nothing.
SELECT t.id, t.conversation, CASE WHEN t.active <= :upto THEN t.tail ELSE ifnull((
    SELECT e.seq FROM events e WHERE e.thread = t.id AND e.position <= :upto
    ORDER BY e.seq DESC LIMIT 1
), 0) END, s.since, {had}
FROM members s JOIN threads t ON t.conversation = s.conversation
WHERE s.account = :account AND s.until IS NULL AND s.conversation >= :conversation
AND (s.conversation > :conversation OR t.id > :thread)
ORDER BY s.conversation, t.id LIMIT :limit;

-- name: go_on
UPDATE fillings SET conversation = ?, thread = ? WHERE binding = ?;

-- name: end
DELETE FROM fillings WHERE binding = ?;

-- name: words
-- How many of the last words the account may see, where they begin, and how new they are.
SELECT count(*), ifnull(min(seq), 0), ifnull(max(position), 0) FROM (
    SELECT e.seq, e.position FROM events e
    WHERE e.thread = :thread AND e.seq >= :first AND e.message IS NOT NULL AND {seen_by}
    ORDER BY e.seq DESC LIMIT :limit
);

-- name: mirror
INSERT INTO mirrors (id, thread, conversation, binding, account, platform, workspace, channel,
    kind, from_seq, cursor, state, filled)
VALUES (:id, :thread, :conversation, :binding, :account, :platform, :workspace, :channel,
    :kind, :from_seq, :from_seq - 1, :state, :tail);
