-- What lanes read and write: cursors, sendings, placements.

-- name: due
SELECT m.id, m.platform, m.channel, m.retry_at
FROM mirrors m JOIN threads t ON t.id = m.thread AND t.tail > m.cursor
WHERE m.state = 'active' AND m.cursor < ifnull(m.until_seq, t.tail);

-- name: lane
SELECT {mirror}, m.sending, t.id, t.conversation, t.pin, t.tail, t.opened_by, (
    SELECT json_group_array(account) FROM (
        SELECT account FROM members
        WHERE conversation = m.conversation AND until IS NULL ORDER BY n
    )
), ifnull(p.revision, 0), m.newest
FROM mirrors m JOIN threads t ON t.id = m.thread
LEFT JOIN placements p ON p.position = 0 AND p.mirror = m.id AND p.part = 0
WHERE m.id = ?;

-- name: next_events
SELECT {event}
FROM events e LEFT JOIN bodies b ON b.position = e.position
WHERE e.thread = ? AND e.seq > ? ORDER BY e.seq LIMIT ?;

-- name: known
SELECT remote FROM placements WHERE mirror = :mirror AND position IN (
    SELECT position FROM events WHERE thread = :thread AND seq = :seq
    UNION SELECT * FROM (
        SELECT position FROM events WHERE thread = :thread ORDER BY seq DESC LIMIT :limit
    )
);

-- name: begin
UPDATE mirrors SET sending = ? WHERE id = ?;

-- name: position
SELECT position FROM events
WHERE thread = ifnull((SELECT thread FROM mirrors WHERE id = :of), :of) AND seq = :seq;

-- name: place
INSERT INTO placements (position, mirror, part, remote, poster, revision, removed)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (position, mirror, part) DO NOTHING;

-- name: remote_of
SELECT remote FROM placements WHERE position = ? AND mirror = ? AND part = ?;

-- name: place_again
UPDATE placements SET remote = ?, poster = ?, revision = ?, removed = ?
WHERE position = ? AND mirror = ? AND part = ?;

-- name: hide_copy
UPDATE placements SET removed = 1 WHERE remote = ? AND mirror = ?;

-- name: show
INSERT INTO shown (message, mirror, emoji) VALUES (?, ?, ?)
ON CONFLICT (message, mirror, emoji) DO NOTHING;

-- name: show_no_longer
DELETE FROM shown WHERE message = ? AND mirror = ? AND emoji = ?;

-- name: placed
UPDATE mirrors SET sending = ?, cursor = ifnull(?, cursor), root = ifnull(?, root),
    space = ifnull(?, space), newest = ifnull(?, newest), attempts = 0, retry_at = NULL WHERE id = ?;

-- name: pass_over
UPDATE mirrors SET sending = NULL, cursor = ?, attempts = 0, retry_at = NULL WHERE id = ?;

-- name: refuse
INSERT INTO refused (mirror, seq, reason) VALUES (?, ?, ?)
ON CONFLICT (mirror, seq) DO UPDATE SET reason = excluded.reason;

-- name: park
UPDATE mirrors SET attempts = ?, retry_at = ?, state = ?, reason = ? WHERE id = ?;

-- name: unpark
UPDATE mirrors SET state = 'active', reason = NULL, attempts = 0, retry_at = NULL
WHERE platform = ? AND (state = 'broken' OR retry_at IS NOT NULL) AND state <> 'paused';

-- name: break_place
UPDATE mirrors SET state = 'broken', reason = ?, retry_at = NULL
WHERE binding = ? AND state <> 'paused';

-- name: mend_place
UPDATE mirrors SET state = 'active', reason = NULL, attempts = 0, retry_at = NULL
WHERE binding = ? AND (state = 'broken' OR retry_at IS NOT NULL) AND state <> 'paused';
