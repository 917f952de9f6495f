-- What the command line reads beside a running program.

-- name: threads_with_prefix
SELECT id, conversation, pin, tail, assignee, status, until FROM threads
WHERE id >= :first AND id < :last ORDER BY id LIMIT 2;

-- name: threads_of
SELECT id, conversation, pin, tail, assignee, status, until FROM threads t WHERE conversation = ?
ORDER BY (SELECT min(seq) FROM events e WHERE e.thread = t.id);


-- name: requests
SELECT n, what FROM requests WHERE kind = ? AND answer IS NULL ORDER BY n;

-- name: request
INSERT INTO requests (kind, what, at) VALUES (?, ?, ?);

-- name: answer
-- What was asked for is not needed any more, and may name the logins of somebody who has left.
UPDATE requests SET answer = ?, what = '' WHERE n = ?;

-- name: answer_of
SELECT answer FROM requests WHERE n = ?;

-- name: drop_answered
DELETE FROM requests WHERE answer IS NOT NULL AND at < ?;

-- name: failing
SELECT m.id, m.thread, m.platform, ifnull(b.label, ''), m.kind, m.state, m.reason, m.attempts,
    m.failing, m.retry_at,
    (SELECT at FROM events e WHERE e.thread = m.thread AND e.seq > m.cursor ORDER BY seq LIMIT 1)
FROM mirrors m LEFT JOIN bindings b ON b.id = m.binding
WHERE m.state = 'broken' OR (m.state = 'active' AND m.retry_at IS NOT NULL AND m.failing < :before)
ORDER BY ifnull(m.failing, 0), m.rowid;

-- name: refusals
SELECT r.mirror, m.thread, m.platform, ifnull(b.label, ''), m.kind, r.reason, r.at, r.again, r.item
FROM refusals r JOIN mirrors m ON m.id = r.mirror LEFT JOIN bindings b ON b.id = m.binding
LEFT JOIN events e ON e.thread = m.thread AND e.seq = r.seq
LEFT JOIN bodies d ON d.position = e.position
WHERE d.deleted IS NULL ORDER BY r.at, r.mirror, r.seq;

-- name: held
SELECT platform, waits_for, at FROM held WHERE at < :before ORDER BY n;

-- name: fetching
SELECT e.thread, f.platform, f.attempts, f.retry_at, e.at
FROM fetches f JOIN events e ON e.message = f.message
WHERE f.attempts > 0 ORDER BY f.n;

-- name: given_up
SELECT e.thread, e.at, e.data FROM events e
WHERE e.kind = 'FileFailed' AND e.at >= :after ORDER BY e.position;

-- name: clearing
SELECT m.id, m.thread, m.platform, ifnull(b.label, ''), m.kind, c.since
FROM clearings c JOIN mirrors m ON m.id = c.mirror LEFT JOIN bindings b ON b.id = m.binding
WHERE c.since < :before ORDER BY c.since, m.rowid;

-- name: state_of
SELECT m.state, m.reason, m.retry_at IS NOT NULL, m.cursor >= ifnull(m.until_seq, t.tail), (
    SELECT count(*) FROM refusals r WHERE r.mirror = m.id AND r.again = 1
), (SELECT group_concat(DISTINCT r.reason) FROM refusals r WHERE r.mirror = m.id AND r.again = 0)
FROM mirrors m JOIN threads t ON t.id = m.thread WHERE m.id = ?;

-- name: probe
INSERT INTO requests (kind, what, at) VALUES ('probe', zeroblob(65536), 0);

-- name: end_probe
DELETE FROM requests WHERE kind = 'probe';
