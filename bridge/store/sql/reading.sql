-- What people and pages read: histories, inboxes, feeds, deliveries.

-- name: first_events
SELECT {event} FROM events e LEFT JOIN bodies b ON b.position = e.position
WHERE e.thread = :thread AND e.seq BETWEEN :first AND :last AND {seen_by}
ORDER BY e.seq LIMIT :limit;

-- name: last_events
SELECT {event} FROM events e LEFT JOIN bodies b ON b.position = e.position
WHERE e.thread = :thread AND e.seq BETWEEN :first AND :last AND {seen_by}
ORDER BY e.seq DESC LIMIT :limit;

-- name: history
SELECT {event} FROM events e LEFT JOIN bodies b ON b.position = e.position
WHERE e.thread IN (SELECT id FROM threads WHERE conversation = ?) ORDER BY e.seq;

-- name: last_words
SELECT e.at, e.actor, CASE
    WHEN l.hidden IS NOT NULL AND :account IN (SELECT value FROM json_each(l.hidden)) THEN b.text
    WHEN c.text = '' AND EXISTS (
        SELECT 1 FROM files f WHERE f.message = e.position AND f.removed IS NULL
    ) THEN 'a file'
    ELSE c.text END
FROM events e JOIN bodies b ON b.position = e.position
JOIN bodies c ON c.position = ifnull(b.latest, b.position)
LEFT JOIN events l ON l.position = b.latest
WHERE e.thread = :thread AND e.seq >= :since AND e.message IS NOT NULL AND b.deleted IS NULL
AND {seen_by}
ORDER BY e.seq DESC LIMIT 1;

-- name: last_time
SELECT at FROM events e WHERE thread = :thread AND {seen_by} ORDER BY seq DESC LIMIT 1;

-- name: mirrors_of
SELECT {mirror} FROM mirrors m WHERE m.thread = ? ORDER BY m.rowid;

-- name: deliveries
-- To whoever reads it from outside, all inboxes of a brand are one place of its name.
SELECT j.value ->> 1, iif(m.kind = 'inbox' AND m.account <> :reader, a.name, NULL),
    m.platform, m.kind, ifnull(b.label, ''), m.cursor >= e.seq,
    m.state, m.reason, p.poster, (
        SELECT reason FROM refusals r WHERE r.mirror = m.id AND r.seq = e.seq AND r.again = 0
    ), EXISTS (SELECT 1 FROM refusals r WHERE r.mirror = m.id AND r.seq = e.seq AND r.again = 1)
FROM json_each(:messages) j
JOIN events e ON e.thread = :thread AND e.seq = j.value ->> 0
JOIN mirrors m ON m.thread = e.thread AND m.from_seq <= e.seq
    AND (m.until_seq IS NULL OR m.until_seq >= e.seq)
    AND (e.only IS NULL OR e.only = m.account AND m.kind <> 'project')
JOIN accounts a ON a.id = m.account
LEFT JOIN bindings b ON b.id = m.binding
LEFT JOIN placements p ON p.position = e.position AND p.mirror = m.id AND p.part = 0
ORDER BY j.key, m.rowid;

-- name: spoken
-- The newest words that are not of that author, who may be one agent of a brand, and that the
-- author may see: to be told of others would tell of a note.
SELECT ifnull(max(e.seq), 0) FROM events e
WHERE e.thread = :thread AND e.message IS NOT NULL
AND (e.actor <> :account OR e.agent IS NOT :agent) AND {seen_by};

-- name: active_mirrors
SELECT m.id, m.thread, t.active FROM mirrors m JOIN threads t ON t.id = m.thread
WHERE m.platform = ? AND m.channel = ? ORDER BY t.active DESC LIMIT ?;

-- name: last_placements
SELECT e.position, p.remote, e.thread, e.seq, e.message FROM events e
JOIN placements p ON p.position = e.position AND p.mirror = :mirror
WHERE e.thread = :thread AND e.message IS NOT NULL AND p.removed = 0
ORDER BY e.seq DESC LIMIT :limit;

-- name: feed
SELECT e.position, {event} FROM events e
JOIN members s ON s.account = :account AND s.conversation = e.conversation
    AND s.since <= e.seq AND (s.until IS NULL OR s.until >= e.seq)
    AND {seen}
LEFT JOIN bodies b ON b.position = e.position
WHERE e.position > :after AND e.position <= :end ORDER BY e.position LIMIT :limit;

-- name: feed_end
SELECT ifnull(max(position), 0) FROM events;

-- name: waiting
SELECT m.platform, count(*) FROM mirrors m
JOIN threads t ON t.id = m.thread AND t.tail > m.cursor
JOIN events e ON e.thread = m.thread AND e.seq > m.cursor AND e.seq >= m.from_seq
    AND (m.until_seq IS NULL OR e.seq <= m.until_seq) AND e.message IS NOT NULL
    AND (e.only IS NULL OR e.only = m.account)
LEFT JOIN placements p ON p.position = e.position AND p.mirror = m.id AND p.part = 0
    AND p.poster = 'author'
WHERE p.mirror IS NULL GROUP BY m.platform;

-- name: shown_of
-- From the channels that others read, which are few; a brand's threads may be very many.
SELECT m.binding, t.conversation, t.id FROM bindings b
CROSS JOIN mirrors m ON m.platform = b.platform AND m.channel = b.channel AND m.binding = b.id
CROSS JOIN threads t ON t.id = m.thread
CROSS JOIN members e ON e.conversation = t.conversation
WHERE b.kind = 'project' AND m.kind = 'project' AND m.until_seq IS NULL
AND e.account = ? AND e.until IS NULL
ORDER BY t.active DESC;
