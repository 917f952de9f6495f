-- Messages as they stand, their files and reactions, and who may read a file.

-- name: position
SELECT position FROM events WHERE message = ?;

-- name: written
-- With `until`, as they stood after that event of their thread; with `reader`, without the
-- edits that are hidden from that account. What somebody said who has left for good is deleted
-- everywhere, whenever that was. Most have no files, reactions or emoji of ours, so that it is
-- asked here whether there are any.
SELECT e.position, e.message, e.thread, e.seq, e.actor, e.pin, c.text, c.rich,
    CASE WHEN c.position = p.position THEN 1 ELSE c.revision END,
    CASE WHEN c.position = p.position THEN NULL ELSE l.at END,
    p.deleted IS NOT NULL AND (
        :until IS NULL OR (SELECT seq FROM events WHERE position = p.deleted) <= :until
        OR EXISTS (SELECT 1 FROM accounts a WHERE a.id = e.actor AND a.handle = 'gone-' || a.id)
    ), e.data, e.only, e.hidden, e.agent,
    EXISTS (SELECT 1 FROM files WHERE message = e.position),
    EXISTS (SELECT 1 FROM reactions WHERE message = e.position),
    EXISTS (SELECT 1 FROM shown WHERE message = e.position),
    EXISTS (SELECT 1 FROM fetches WHERE message = e.message)
FROM json_each(:messages) j
JOIN events e ON e.message = j.value
JOIN bodies p ON p.position = e.position
LEFT JOIN events n ON n.position = p.latest
JOIN bodies c ON c.position = CASE
    WHEN :until IS NULL AND (:reader IS NULL OR n.hidden IS NULL) THEN ifnull(p.latest, p.position)
    ELSE ifnull((
        SELECT max(r.position) FROM bodies r JOIN events x ON x.position = r.position
        WHERE r.edits = p.position AND (:until IS NULL OR x.seq <= :until) AND (
            :reader IS NULL OR x.hidden IS NULL
            OR :reader NOT IN (SELECT value FROM json_each(x.hidden))
        )
    ), p.position) END
LEFT JOIN events l ON l.position = c.position
ORDER BY e.seq;

-- name: files
SELECT f.message, e.data, e.seq, f.remote, f.removed IS NOT NULL AND (
    :until IS NULL OR (SELECT seq FROM events WHERE position = f.removed) <= :until
) FROM json_each(:positions) j
JOIN files f ON f.message = j.value JOIN events e ON e.position = f.position
WHERE :until IS NULL OR e.seq <= :until ORDER BY f.position;

-- name: coming
SELECT message, file ->> 'id' FROM fetches WHERE message IN (SELECT value FROM json_each(?))
ORDER BY number;

-- name: reactions
SELECT r.message, r.account, r.emoji, r.origin FROM json_each(?) j
JOIN reactions r ON r.message = j.value;

-- name: in_a_block_with
SELECT whom FROM blocks WHERE who = ?1 UNION SELECT who FROM blocks WHERE whom = ?1;

-- name: shown
SELECT s.message, s.emoji FROM json_each(:positions) j
JOIN shown s ON s.message = j.value AND s.mirror = :mirror;

-- name: placed
-- What a mirror holds of messages and of their files.
SELECT {placement}, {item} FROM (
    SELECT value AS message, value AS position FROM json_each(:positions)
    UNION ALL
    SELECT f.message, f.position FROM json_each(:positions) j JOIN files f ON f.message = j.value
) h JOIN placements p ON p.position = h.position AND p.mirror = :mirror
JOIN events e ON e.position = p.position ORDER BY h.message, p.position, p.part;

-- name: with_pin
SELECT message FROM events
WHERE thread = :thread AND message IS NOT NULL AND pin IN (SELECT value FROM json_each(:pins))
ORDER BY seq;

-- name: answers_to
-- Answers come after what they answer; the rest of a long thread is not read.
SELECT message FROM events
WHERE thread = :thread AND message IS NOT NULL AND data IN (SELECT value FROM json_each(:messages))
AND seq > (
    SELECT min(seq) FROM events
    WHERE message IS NOT NULL AND message IN (SELECT value FROM json_each(:messages))
)
ORDER BY seq;

-- name: holder
SELECT message FROM events WHERE thread = :thread AND message IS NOT NULL AND pin = :pin
ORDER BY only IS NOT NULL, hidden IS NOT NULL, seq LIMIT 1;

-- name: may_read
SELECT EXISTS (
    SELECT 1 FROM files f JOIN events e ON e.position = f.position
    JOIN bodies b ON b.position = f.message AND b.deleted IS NULL
    JOIN members s ON s.account = :account AND s.conversation = e.conversation
        AND s.since <= e.seq AND (s.until IS NULL OR s.until >= e.seq)
        AND {seen}
    WHERE f.file = :file AND f.removed IS NULL
);

-- name: held
-- How many messages have held a file, and how many do.
SELECT count(*), count(*) FILTER (WHERE b.deleted IS NULL AND f.removed IS NULL)
FROM files f JOIN bodies b ON b.position = f.message WHERE f.file = ?;

-- name: any_fetches
SELECT EXISTS (SELECT 1 FROM fetches);

-- name: fetches
SELECT message, number, platform, file, attempts FROM fetches
-- No pause is so long: the clock has been set back since.
WHERE (retry_at <= :now OR retry_at > :now + 1260000000)
AND platform IN (SELECT value FROM json_each(:platforms)) ORDER BY n LIMIT :limit;

-- name: fetched
DELETE FROM fetches WHERE message = ? AND number = ?;

-- name: fetch_again
UPDATE fetches SET attempts = attempts + 1, retry_at = ? WHERE message = ? AND number = ?;

-- name: erase
UPDATE bodies SET text = '', rich = NULL, past = NULL WHERE past < ?;

-- name: erase_files
UPDATE files SET file = '', past = NULL WHERE past < ?;

-- name: unused_files
SELECT j.value FROM json_each(?) j WHERE NOT EXISTS (
    SELECT 1 FROM files f JOIN bodies b ON b.position = f.message
    WHERE f.file = j.value AND (b.deleted IS NULL OR b.past IS NOT NULL)
);
