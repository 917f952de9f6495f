-- A new inbox binding takes up the threads that are there already.

-- name: threads
-- Those that have no mirror there, by what has happened last in them; where one that ended
-- there has got to, and how many have been there.
SELECT t.id, t.conversation, t.tail, s.since, (
    SELECT max(o.until_seq) FROM mirrors o WHERE o.thread = t.id AND o.platform = :platform
    AND o.workspace = :workspace AND o.channel = :channel
), (SELECT count(*) FROM mirrors o WHERE o.thread = t.id AND o.binding = :binding)
FROM members s JOIN threads t ON t.conversation = s.conversation
WHERE s.account = :account AND s.until IS NULL AND NOT EXISTS (
    SELECT 1 FROM mirrors m
    WHERE m.thread = t.id AND m.binding = :binding AND m.until_seq IS NULL
) ORDER BY t.active DESC;

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
