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
UPDATE files SET file = '', remote = '', past = NULL
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

-- name: blank_agent
UPDATE events SET agent = NULL WHERE position > :after AND position <= :after + :many
AND agent IN (SELECT value FROM json_each(:logins));
