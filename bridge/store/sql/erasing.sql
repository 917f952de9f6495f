-- An account that leaves for good: what it wrote is erased, and the log keeps its order.

-- name: own_messages
SELECT e.message FROM events e JOIN bodies b ON b.position = e.position
WHERE e.actor = :account AND e.message IS NOT NULL AND b.deleted IS NULL AND e.thread IN (
    SELECT t.id FROM members s JOIN threads t ON t.conversation = s.conversation
    WHERE s.account = :account
) ORDER BY e.position;

-- name: own_reactions
SELECT e.message, r.emoji FROM reactions r JOIN events e ON e.position = r.message
WHERE r.account = ? ORDER BY r.message, r.emoji;

-- name: own_threads
SELECT DISTINCT t.id, t.pin FROM members s JOIN threads t ON t.conversation = s.conversation
WHERE s.account = ? ORDER BY t.active;

-- name: name_away
UPDATE accounts SET name = :name, folded = '', handle = 'gone-' || id, picture = NULL,
    named = 1, banned = 1 WHERE id = :account;

-- name: login_has_left
INSERT INTO left_logins (login, at) VALUES (?, ?)
ON CONFLICT DO UPDATE SET at = max(at, excluded.at);

-- name: left
SELECT login, at FROM left_logins;

-- name: left_long_ago
DELETE FROM left_logins WHERE at < ?;

-- name: no_identities
DELETE FROM identities WHERE account = :account;

-- name: no_direct_places
DELETE FROM bindings WHERE account = :account AND kind = 'direct';

-- name: no_follows
DELETE FROM follows WHERE who = :account OR whom = :account;

-- name: no_blocks
DELETE FROM blocks WHERE who = :account OR whom = :account;

-- name: no_roles
DELETE FROM agents WHERE account = :account;

-- name: no_invitation
DELETE FROM invitations WHERE account = :account;

-- name: no_timers
DELETE FROM timers WHERE account = :account;

-- name: no_prefs
DELETE FROM prefs WHERE account = :account;

-- name: posts
SELECT e.position FROM events e WHERE e.actor = :account AND e.message IS NOT NULL
AND e.thread IN (
    SELECT t.id FROM members s JOIN threads t ON t.conversation = s.conversation
    WHERE s.account = :account
) ORDER BY e.position;

-- name: blank_bodies
UPDATE bodies SET text = '', rich = NULL, past = NULL
WHERE position IN (SELECT value FROM json_each(:posts))
OR edits IN (SELECT value FROM json_each(:posts));

-- name: blank_files
-- Of deleted messages the ids stay: signed addresses of their files end by them.
UPDATE files SET remote = '', past = NULL, file = CASE WHEN EXISTS (
    SELECT 1 FROM bodies b WHERE b.position = files.message AND b.deleted IS NOT NULL
) THEN file ELSE '' END
WHERE message IN (SELECT value FROM json_each(:posts));

-- name: no_fetches
DELETE FROM fetches WHERE message IN (
    SELECT message FROM events WHERE position IN (SELECT value FROM json_each(:posts))
);

-- name: blank_names
-- Of files in the log: what they were called, and what was said to be on them.
UPDATE events SET data = CASE kind
    WHEN 'FileAdded' THEN json_set(data, '$.file.name', 'file', '$.file.alt', '')
    ELSE json_set(data, '$.name', 'file') END
WHERE kind IN ('FileAdded', 'FileFailed') AND actor = :account AND thread IN (
    SELECT t.id FROM members s JOIN threads t ON t.conversation = s.conversation
    WHERE s.account = :account
);

-- name: no_held
-- Words on their way into a history in which they now never come.
DELETE FROM held WHERE json_array(
    intent ->> '$.actor.identity.platform', intent ->> '$.actor.identity.workspace',
    intent ->> '$.actor.identity.user'
) IN (SELECT json(value) FROM json_each(:logins));

-- name: no_held_replies
DELETE FROM timers WHERE kind = 'reply' AND json_array(
    what ->> '$.intent.actor.identity.platform', what ->> '$.intent.actor.identity.workspace',
    what ->> '$.intent.actor.identity.user'
) IN (SELECT json(value) FROM json_each(:logins));

-- name: agent_lines
-- Of those that have a line in a brand's places: what these logins did with a thread, and that
-- it was assigned to the account.
INSERT INTO clearing_lines (account, position)
SELECT :account, position FROM events WHERE position > :after AND position <= :after + :many
AND kind IN ('ThreadAssigned', 'StatusChanged') AND (
    agent IN (SELECT value FROM json_each(:logins)) OR data ->> 'to' = :account
) ON CONFLICT DO NOTHING;

-- name: mirrors_of_agent_lines
INSERT INTO clearings (account, mirror, since, upto, seq)
SELECT DISTINCT l.account, p.mirror, :since, 0, NULL
FROM clearing_lines l JOIN placements p ON p.position = l.position WHERE l.account = :account
ON CONFLICT DO NOTHING;

-- name: blank_agent
UPDATE events SET agent = NULL WHERE position > :after AND position <= :after + :many
AND agent IN (SELECT value FROM json_each(:logins));

-- name: clear
-- All mirrors of its conversations, before anything is deleted.
INSERT INTO clearings (account, mirror, since, upto)
SELECT :account, m.id, :since, (SELECT ifnull(max(position), 0) FROM events) FROM mirrors m
WHERE m.thread IN (
    SELECT t.id FROM members s JOIN threads t ON t.conversation = s.conversation
    WHERE s.account = :account
) ON CONFLICT DO UPDATE SET since = excluded.since;

-- name: clear_now
UPDATE clearings SET seq = (
    SELECT t.tail FROM mirrors m JOIN threads t ON t.id = m.thread WHERE m.id = clearings.mirror
) WHERE account = ? AND seq IS NULL;

-- name: clearings
-- Those that no lane does: it is through, or the mirror has ended before, or shows nothing now.
SELECT {mirror}, c.account, c.since, c.upto, c.through FROM (
    SELECT c.*, m.sending IS NULL AND m.cursor >= min(c.seq, ifnull(m.until_seq, c.seq)) AS through
    FROM clearings c JOIN mirrors m ON m.id = c.mirror WHERE c.seq IS NOT NULL
) c JOIN mirrors m ON m.id = c.mirror
WHERE c.through OR m.until_seq IS NOT NULL OR m.state = 'paused' ORDER BY c.since, m.rowid;

-- name: to_clear
SELECT m.platform, count(*) FROM clearings c JOIN mirrors m ON m.id = c.mirror
GROUP BY m.platform;

-- name: copies_left
-- Their words and files; lines of ours that hold their words or name them, also among others.
-- A line of reactions is changed by its lane, where the mirror has not ended.
SELECT {placement}, {item} FROM events e
JOIN placements p ON p.position = e.position AND p.mirror = :mirror
WHERE e.thread = :thread AND NOT p.removed AND p.poster NOT IN ('', 'author') AND (
    e.actor = :account AND e.kind IN ('MessagePosted', 'FileAdded')
    OR e.position <= :upto AND (
        e.actor = :account AND e.kind <> 'PeopleAdded'
        OR e.kind = 'PeopleAdded' AND :account IN (SELECT value FROM json_each(e.data, '$.people'))
        OR e.kind = 'PersonRemoved' AND e.data ->> 'account' = :account
        OR :until IS NOT NULL AND p.part = :named AND EXISTS (
            SELECT 1 FROM events r WHERE r.thread = :thread AND r.kind = 'ReactionAdded'
            AND r.actor = :account AND r.data ->> 'message' = e.message
        )
    )
    OR e.position IN (SELECT position FROM clearing_lines WHERE account = :account)
) ORDER BY e.seq, p.part;

-- name: answers_left
-- Copies of what others answered to them, where a quote still stands: what they had said was
-- deleted after the mirror's end.
SELECT e.seq, e.message FROM events e
JOIN placements p ON p.position = e.position AND p.mirror = :mirror AND p.part = 0
WHERE e.thread = :thread AND e.kind = 'MessagePosted' AND e.actor <> :account
AND NOT p.removed AND p.poster NOT IN ('', 'author') AND e.data IN (
    SELECT q.message FROM events q
    JOIN bodies b ON b.position = q.position JOIN events d ON d.position = b.deleted
    WHERE q.thread = :thread AND q.actor = :account AND q.message IS NOT NULL AND d.seq > :until
) ORDER BY e.seq;

-- name: cleared
DELETE FROM clearings WHERE account = ? AND mirror = ?;

-- name: no_lines
DELETE FROM clearing_lines WHERE account = :account
AND NOT EXISTS (SELECT 1 FROM clearings WHERE account = :account);
