-- What is kept of the threads in use.

-- name: by_space
SELECT id, thread FROM mirrors WHERE space = ? AND platform = ? ORDER BY rowid DESC LIMIT 1;

-- name: load
SELECT {mirror}, m.sending IS NOT NULL, m.newest, ifnull(p.revision, 0),
    t.id, t.conversation, t.pin, t.tail, t.assignee, t.status, t.until, t.opened_by, {head}
FROM threads t JOIN conversations c ON c.id = t.conversation
LEFT JOIN mirrors m ON m.thread = t.id
LEFT JOIN placements p ON p.position = 0 AND p.mirror = m.id AND p.part = 0
WHERE t.id = ? ORDER BY m.rowid;
