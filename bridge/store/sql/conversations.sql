-- Heads, threads, the mirrored places of threads, commits, held intents.

-- part: thread
t.id, t.conversation, t.pin, t.tail, t.assignee, t.status, t.until

-- part: spot_columns
{mirror}, {thread}, {head}, b.id, b.account, b.platform, b.workspace, b.channel, b.kind, b.label,
b.mode, b.paused, b.conversation, b.mode_since

-- part: spot_tables
mirrors m
JOIN threads t ON t.id = m.thread
JOIN conversations c ON c.id = m.conversation
JOIN bindings b ON b.id = m.binding

-- part: spot
SELECT {spot_columns} FROM {spot_tables}

-- name: head
SELECT {head} FROM conversations c WHERE c.id = ?;

-- name: head_of_people
SELECT {head} FROM conversations c WHERE c.people_key = ?;

-- name: conversations_of
SELECT {head} FROM conversations c
WHERE c.id IN (SELECT conversation FROM members WHERE account = ?) ORDER BY c.id;

-- name: thread
SELECT {thread} FROM threads t WHERE t.id = ?;

-- name: open_thread
SELECT {thread} FROM threads t WHERE t.conversation = ? AND t.pin = ?
ORDER BY t.rowid DESC LIMIT 1;

-- name: threads_of
-- As they were opened: an order by what happens in them would tell of what not everybody sees.
SELECT {thread} FROM threads t WHERE t.conversation = ? ORDER BY t.rowid DESC;

-- name: threads_like
SELECT {thread} FROM threads t
WHERE t.id >= :first AND t.id < :last AND EXISTS (
    SELECT 1 FROM members s
    WHERE s.account = :account AND s.conversation = t.conversation AND EXISTS (
        SELECT 1 FROM events e
        WHERE e.thread = t.id AND e.seq >= s.since AND (s.until IS NULL OR e.seq <= s.until)
        AND {seen}
    )
) ORDER BY t.id LIMIT :limit;

-- name: spot_of_message
{spot} JOIN placements p ON p.mirror = m.id
WHERE substr(p.remote, 1 + instr(p.remote, ':')) = substr(?2, 1 + instr(?2, ':'))
AND +p.remote = ?2 AND m.platform = ?1 ORDER BY m.rowid DESC LIMIT 1;

-- name: placement_at
SELECT {spot_columns}, {placement}, {item} FROM {spot_tables}
JOIN placements p ON p.mirror = m.id
LEFT JOIN events e ON e.position = p.position
WHERE substr(p.remote, 1 + instr(p.remote, ':')) = substr(?2, 1 + instr(?2, ':'))
AND +p.remote = ?2 AND m.platform = ?1 ORDER BY m.rowid DESC LIMIT 1;

-- name: spots_at
{spot} WHERE m.platform = ? AND m.workspace = ? AND m.channel = ? AND m.until_seq IS NULL
ORDER BY (
    SELECT e.position FROM events e JOIN (SELECT m.account) s ON true
    WHERE e.thread = t.id AND {seen} AND e.kind <> 'CardFilled' ORDER BY e.seq DESC LIMIT 1
) DESC LIMIT ?;

-- name: spots_after
-- Not those whose card comes with what happens next.
{spot} WHERE m.platform = ? AND m.workspace = ? AND m.channel = ? AND m.until_seq IS NULL
AND (m.root IS NOT NULL OR m.cursor < t.tail) AND m.thread > ? ORDER BY m.thread LIMIT ?;

-- name: claim
INSERT INTO intents (late, key, fingerprint, conversation, thread, seq, message)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (late, key) DO NOTHING;

-- name: unclaim
DELETE FROM intents WHERE late = ? AND key = ?;

-- name: committed
SELECT fingerprint, conversation, thread, seq, message FROM intents WHERE late = ? AND key = ?;

-- name: create
INSERT INTO conversations (id, creator, seq, people_key) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: advance
UPDATE conversations SET seq = ? WHERE id = ? AND seq = ?;

-- name: set_people
UPDATE conversations SET people_key = CASE WHEN EXISTS (
    SELECT 1 FROM conversations other WHERE other.people_key = :key AND other.id <> :id
) THEN NULL ELSE :key END WHERE id = :id;

-- name: join
INSERT INTO members (conversation, n, account, since, request)
SELECT :conversation, count(*), :account, :since, :request FROM members
WHERE conversation = :conversation;

-- name: leave
UPDATE members SET until = ?, removed = ?
WHERE conversation = ? AND account = ? AND until IS NULL;

-- name: choose
-- What somebody makes of being written to.
UPDATE members SET request = ? WHERE conversation = ? AND account = ? AND until IS NULL;

-- name: mute
UPDATE members SET muted = ? WHERE conversation = ? AND account = ? AND until IS NULL;

-- name: assign
UPDATE threads SET assignee = ? WHERE id = ?;

-- name: set_status
UPDATE threads SET status = ?, until = ? WHERE id = ?;

-- name: open_places
SELECT DISTINCT binding FROM mirrors m
WHERE m.thread IN (SELECT id FROM threads WHERE conversation = ?)
AND m.kind = 'project' AND m.until_seq IS NULL;

-- name: end_place
UPDATE mirrors SET until_seq = ? WHERE binding = ? AND until_seq IS NULL
AND thread IN (SELECT id FROM threads WHERE conversation = ?);

-- name: end_mirrors
UPDATE mirrors SET until_seq = ? WHERE account = ? AND until_seq IS NULL
AND thread IN (SELECT id FROM threads WHERE conversation = ?);

-- name: open
INSERT INTO threads (id, conversation, pin, tail, active, opened_by) VALUES (?, ?, ?, ?, ?, ?);

-- name: append
INSERT INTO events (conversation, seq, thread, at, actor, kind, message, pin, data, agent, only,
    hidden)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: body
INSERT INTO bodies (position, text, rich) VALUES (?, ?, ?);

-- name: edit_body
INSERT INTO bodies (position, text, rich, revision, edits) VALUES (?, ?, ?, ?, ?);

-- name: past
-- The text of a message that is shown no longer.
UPDATE bodies SET past = :at
WHERE position = (SELECT ifnull(latest, position) FROM bodies WHERE position = :message);

-- name: edited
UPDATE bodies SET latest = ?, revision = ? WHERE position = ?;

-- name: deleted
UPDATE bodies SET deleted = ? WHERE position = ?;

-- name: react
INSERT INTO reactions (message, account, emoji, origin) VALUES (?, ?, ?, ?)
ON CONFLICT (message, account, emoji) DO NOTHING;

-- name: unreact
DELETE FROM reactions WHERE message = ? AND account = ? AND emoji = ?;

-- name: add_file
INSERT INTO files (message, position, file, remote) VALUES (?, ?, ?, ?);

-- name: remove_file
UPDATE files SET removed = :at, past = :past WHERE message = :message AND remote = :remote;

-- name: expect_no_file
-- It was still on its way: its row says that it does not come after all.
INSERT INTO files (message, position, file, remote, removed)
VALUES (:message, :at, '', :remote, :at);

-- name: fetch_no_more
DELETE FROM fetches WHERE message = ? AND file ->> 'id' = ?;

-- name: add_fetch
INSERT INTO fetches (message, number, platform, file, attempts) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (message, number) DO NOTHING;

-- name: tail
UPDATE threads SET tail = ?, active = ? WHERE id = ?;

-- name: mirror
INSERT INTO mirrors (id, thread, conversation, binding, account, platform, workspace, channel,
    kind, from_seq, cursor, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: here
-- An idle mirror in which it was done has nothing to show of it: it is done.
UPDATE mirrors SET newest = ifnull(:remote, newest), cursor = CASE
    WHEN :alone AND sending IS NULL AND root IS NOT NULL AND cursor >= (
        SELECT tail FROM threads WHERE id = :thread
    ) THEN :seq
    ELSE cursor
END WHERE id = :mirror;

-- name: hold
INSERT INTO held (key, platform, waits_for, intent, at)
SELECT :key, :platform, :waits_for, :intent, :at WHERE NOT EXISTS (
    SELECT 1 FROM mirrors WHERE space = :waits_for AND platform = :platform
) AND NOT EXISTS (
    SELECT 1 FROM placements p JOIN mirrors m ON m.id = p.mirror
    WHERE substr(p.remote, 1 + instr(p.remote, ':')) = substr(:waits_for, 1 + instr(:waits_for, ':'))
    AND +p.remote = :waits_for AND m.platform = :platform
) ON CONFLICT (key) DO NOTHING;

-- name: is_held
SELECT 1 FROM held WHERE key = ?;

-- name: awaited
SELECT DISTINCT platform, waits_for FROM held;

-- name: is_awaited
SELECT 1 FROM held WHERE platform = ? AND waits_for = ?;

-- name: held_for
SELECT key, waits_for, intent, at FROM held WHERE platform = ? AND waits_for = ? ORDER BY n;

-- name: held_ready
SELECT DISTINCT h.platform, h.waits_for FROM held h WHERE EXISTS (
    SELECT 1 FROM mirrors m WHERE m.space = h.waits_for AND m.platform = h.platform
) OR EXISTS (
    SELECT 1 FROM placements p JOIN mirrors m ON m.id = p.mirror
    WHERE substr(p.remote, 1 + instr(p.remote, ':')) = substr(h.waits_for, 1 + instr(h.waits_for, ':'))
    AND +p.remote = h.waits_for AND m.platform = h.platform
);

-- name: release
DELETE FROM held WHERE key = ? RETURNING platform, waits_for;

-- name: drop_held
DELETE FROM held WHERE at < ? RETURNING platform, waits_for;
