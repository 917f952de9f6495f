-- What lanes read and write: cursors, sendings, placements.

-- name: due
SELECT m.id, m.platform, m.channel, m.retry_at, (
    SELECT at FROM events e WHERE e.thread = m.thread AND e.seq > m.cursor ORDER BY seq LIMIT 1
)
FROM mirrors m JOIN threads t ON t.id = m.thread AND t.tail > m.cursor
WHERE m.state = 'active' AND m.cursor < ifnull(m.until_seq, t.tail)
UNION
SELECT id, platform, channel, retry_at, NULL FROM mirrors
WHERE state = 'active' AND id IN (SELECT mirror FROM refusals WHERE again = 1)
ORDER BY 5;

-- name: lane
SELECT {mirror}, m.sending, t.id, t.conversation, t.pin, t.tail, t.opened_by, (
    SELECT json_group_array(account) FROM (
        SELECT account FROM members
        WHERE conversation = m.conversation AND until IS NULL ORDER BY n
    )
), ifnull(p.revision, 0), m.newest, t.assignee, t.status, t.until, EXISTS (
    SELECT 1 FROM members s WHERE s.conversation = m.conversation AND s.account = m.account
    AND s.until IS NULL AND s.request = 'pending'
), EXISTS (
    SELECT 1 FROM members s WHERE s.conversation = m.conversation AND s.account = m.account
    AND s.until IS NULL AND s.muted
), m.filled
FROM mirrors m JOIN threads t ON t.id = m.thread
LEFT JOIN placements p ON p.position = 0 AND p.mirror = m.id AND p.part = 0
WHERE m.id = ?;

-- name: next_events
SELECT {event}
FROM events e LEFT JOIN bodies b ON b.position = e.position
WHERE e.thread = ? AND e.seq > ? ORDER BY e.seq LIMIT ?;

-- name: later_reactions
SELECT DISTINCT data ->> 'message', data ->> 'emoji' FROM events
WHERE thread = ? AND seq > ? AND kind = 'ReactionAdded';

-- name: known
SELECT remote FROM placements WHERE mirror = :mirror AND position IN (
    SELECT position FROM events WHERE thread = :thread AND seq = :seq
    UNION SELECT * FROM (
        SELECT position FROM events WHERE thread = :thread ORDER BY seq DESC LIMIT :limit
    )
);

-- name: begin
UPDATE mirrors SET sending = ? WHERE id = ?;

-- name: begin_idle
UPDATE mirrors SET sending = ? WHERE id = ? AND cursor = ? AND sending IS NULL
    AND state = 'active' AND retry_at IS NULL;

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
UPDATE placements SET removed = 1
WHERE substr(remote, 1 + instr(remote, ':')) = substr(?1, 1 + instr(?1, ':'))
AND +remote = ?1 AND mirror = ?2;

-- name: show
INSERT INTO shown (message, mirror, emoji) VALUES (?, ?, ?)
ON CONFLICT (message, mirror, emoji) DO NOTHING;

-- name: show_no_longer
DELETE FROM shown WHERE message = ? AND mirror = ? AND emoji = ?;

-- name: placed
UPDATE mirrors SET sending = ?, cursor = ifnull(?, cursor), root = ifnull(?, root),
    space = ifnull(?, space), newest = ifnull(?, newest), attempts = 0, retry_at = NULL,
    reason = iif(state = 'active', NULL, reason), failing = iif(state = 'active', NULL, failing)
WHERE id = ?;

-- name: pass_over
UPDATE mirrors SET sending = NULL, cursor = ?, attempts = 0, retry_at = NULL,
    reason = iif(state = 'active', NULL, reason), failing = iif(state = 'active', NULL, failing)
WHERE id = ?;

-- name: refuse
INSERT INTO refusals (mirror, seq, item, reason, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (mirror, seq, item) DO UPDATE SET reason = excluded.reason, again = 0;

-- name: forgive
DELETE FROM refusals WHERE mirror = ? AND item = ?;

-- name: again
SELECT r.item, r.seq, {event} FROM refusals r JOIN mirrors m ON m.id = r.mirror
JOIN events e ON e.thread = m.thread
    AND e.seq = CASE WHEN r.item LIKE '%#%' THEN substr(r.item, instr(r.item, '#') + 1) + 0
        ELSE r.seq END
LEFT JOIN bodies b ON b.position = e.position
WHERE r.mirror = ? AND r.again = 1 ORDER BY e.seq;

-- name: awaiting_again
SELECT DISTINCT mirror FROM refusals WHERE again = 1;

-- name: to_retry
SELECT m.id, m.platform, m.channel, NULL, NULL FROM mirrors m LEFT JOIN bindings b ON b.id = m.binding
WHERE m.state <> 'paused'
    AND (m.state = 'broken' OR m.retry_at IS NOT NULL OR m.id IN (SELECT mirror FROM refusals))
    AND (:mirror IS NULL OR m.id >= :mirror AND m.id < :mirror || :last)
    AND (:thread IS NULL OR m.thread >= :thread AND m.thread < :thread || :last)
    AND (:place IS NULL OR :place IN (b.label, ltrim(b.label, '#'), m.channel))
    AND (:message IS NULL OR m.cursor < :message
        OR EXISTS (SELECT 1 FROM refusals r WHERE r.mirror = m.id AND r.seq = :message));

-- name: has_failed
SELECT EXISTS (
    SELECT 1 FROM mirrors m WHERE m.thread = ?
    AND (m.state = 'broken' OR EXISTS (SELECT 1 FROM refusals WHERE mirror = m.id))
);

-- name: activate
UPDATE mirrors SET state = 'active', attempts = 0, retry_at = NULL WHERE id = ?;

-- name: try_again
UPDATE refusals SET again = 1 WHERE mirror = :mirror AND seq = ifnull(:message, seq);

-- name: park
-- A place that is broken says why it broke: a call that was under way then knows less.
UPDATE mirrors SET attempts = :attempts, retry_at = :retry_at, state = :state,
    reason = iif(state = 'broken' AND :state = 'broken', reason, :reason),
    failing = ifnull(failing, :since) WHERE id = :mirror;

-- name: unpark
UPDATE mirrors SET state = 'active', reason = NULL, attempts = 0, retry_at = NULL
WHERE platform = ? AND (state = 'broken' OR retry_at IS NOT NULL) AND state <> 'paused';

-- name: break_place
UPDATE mirrors SET state = 'broken', reason = ?, retry_at = NULL, failing = ifnull(failing, ?)
WHERE binding = ? AND state <> 'paused';

-- name: mend_place
UPDATE mirrors SET state = 'active', reason = NULL, attempts = 0, retry_at = NULL
WHERE binding = ? AND (state = 'broken' OR retry_at IS NOT NULL) AND state <> 'paused';
