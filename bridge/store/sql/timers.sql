-- What happens later by itself.

-- part: timer
id, kind, due, thread, account, what

-- name: put
-- The first one of an id stays.
INSERT INTO timers ({timer}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING;

-- name: renew
INSERT INTO timers ({timer}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET due = excluded.due, what = excluded.what;

-- name: timer
SELECT {timer} FROM timers WHERE id = ?;

-- name: due
SELECT {timer} FROM timers WHERE due <= ? ORDER BY due, id LIMIT ?;

-- name: next
SELECT min(due) FROM timers;

-- name: of_thread
SELECT {timer} FROM timers WHERE thread = ? AND kind = ? ORDER BY due IS NULL, due, id;

-- name: drop
DELETE FROM timers WHERE id = ?;
