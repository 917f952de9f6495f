-- What sweeps compare with what they read on a platform, and how far they have come.

-- part: marked
m.id, m.thread, m.space, m.root, m.mark

-- name: places
-- Channels first, then the most recently active.
SELECT p.platform, p.workspace, p.channel, p.kind, e.at, s.at, s.mark FROM (
    SELECT m.platform, m.workspace, m.channel, m.kind, max(t.active) AS active
    FROM mirrors m JOIN threads t ON t.id = m.thread
    WHERE m.platform = ? AND m.until_seq IS NULL AND m.root IS NOT NULL
    GROUP BY m.workspace, m.channel
) p JOIN events e ON e.position = p.active
LEFT JOIN sweeps s
    ON s.platform = p.platform AND s.workspace = p.workspace AND s.channel = p.channel
ORDER BY p.kind = 'direct', p.active DESC;

-- name: marked
-- By the spaces, one after another: left alone it would go through all mirrors of the platform.
SELECT {marked} FROM json_each(:spaces) j
CROSS JOIN mirrors m ON m.space = j.value AND +m.platform = :platform
WHERE m.until_seq IS NULL AND m.root IS NOT NULL;

-- name: recent
SELECT {marked} FROM mirrors m JOIN threads t ON t.id = m.thread
JOIN events e ON e.position = t.active
WHERE m.platform = :platform AND m.channel = :channel AND m.workspace = :workspace
    AND m.until_seq IS NULL AND m.space IS NOT NULL AND e.at >= :since
ORDER BY t.active DESC;

-- name: placed_before
-- Of so many events of the thread, newest first; those that are not placed have no remote.
SELECT e.seq, {placement}, {item} FROM (
    SELECT * FROM events
    WHERE thread = (SELECT thread FROM mirrors WHERE id = :mirror) AND seq < :before
    ORDER BY seq DESC LIMIT :limit
) e LEFT JOIN placements p ON p.position = e.position AND p.mirror = :mirror
ORDER BY e.seq DESC, p.part;

-- name: reactions
SELECT e.message, r.account, r.emoji, r.origin
FROM json_each(?) j JOIN events e ON e.message = j.value
JOIN reactions r ON r.message = e.position;

-- name: remotes_of
-- Of a message and of its files.
SELECT p.remote FROM (
    SELECT position FROM events WHERE message = :message
    UNION ALL
    SELECT f.position FROM events e JOIN files f ON f.message = e.position
    WHERE e.message = :message
) h JOIN placements p ON p.position = h.position AND p.mirror = :mirror WHERE NOT p.removed;

-- name: touched
-- The plus keeps to the thread's own index, which is shorter than the end of the log.
SELECT {event} FROM threads t
JOIN events e ON e.thread = t.id AND +e.position > :after
LEFT JOIN bodies b ON b.position = e.position
WHERE t.id = :thread AND t.active > :after ORDER BY e.seq;

-- name: mark
UPDATE mirrors SET mark = ? WHERE id = ?;

-- name: swept
INSERT INTO sweeps (platform, workspace, channel, at, mark) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (platform, workspace, channel)
DO UPDATE SET at = excluded.at, mark = ifnull(excluded.mark, mark);

-- name: sendings
SELECT id, sending FROM mirrors
WHERE platform = ? AND workspace = ? AND channel = ? AND sending IS NOT NULL;

-- name: mirrors
SELECT {mirror} FROM mirrors m
WHERE m.until_seq IS NULL AND m.root IS NOT NULL AND m.id > ? ORDER BY m.id LIMIT ?;

-- name: refused_items
SELECT item FROM refusals WHERE mirror = ?;

-- name: lose
DELETE FROM placements
WHERE substr(remote, 1 + instr(remote, ':')) = substr(?1, 1 + instr(?1, ':'))
AND remote = ?1 AND mirror = ?2;

-- name: again
INSERT INTO refusals (mirror, seq, item, reason, at, again) VALUES (?, ?, ?, ?, ?, 1)
ON CONFLICT (mirror, seq, item) DO UPDATE SET again = 1;
