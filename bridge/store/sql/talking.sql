-- Who follows, blocks and acts for whom, and what the operator does about it.

-- name: follow
INSERT INTO follows (who, whom, at) VALUES (:who, :whom, :at) ON CONFLICT (who, whom) DO NOTHING;

-- name: unfollow
DELETE FROM follows WHERE who = :who AND whom = :whom;

-- name: block
INSERT INTO blocks (who, whom, at) VALUES (:who, :whom, :at) ON CONFLICT (who, whom) DO NOTHING;

-- name: unblock
DELETE FROM blocks WHERE who = :who AND whom = :whom;

-- name: follows_among
SELECT who, whom FROM follows
WHERE who IN (SELECT value FROM json_each(:people)) AND whom IN (SELECT value FROM json_each(:people));

-- name: blocks_among
SELECT who, whom FROM blocks
WHERE who IN (SELECT value FROM json_each(:people)) AND whom IN (SELECT value FROM json_each(:people));

-- name: invited_among
-- Whom the operator named, who was invited, and who acts for a brand.
SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(:people)) AND (
    named OR EXISTS (SELECT 1 FROM invitations WHERE account = id)
    OR EXISTS (SELECT 1 FROM agents WHERE account = id)
);

-- name: follows_of
SELECT whom FROM follows WHERE who = ? ORDER BY at DESC, whom LIMIT ?;

-- name: followers_of
SELECT who FROM follows WHERE whom = ? ORDER BY at DESC, who LIMIT ?;

-- name: blocked_by
SELECT whom FROM blocks WHERE who = ? ORDER BY at DESC, whom LIMIT ?;

-- name: brands
SELECT id FROM accounts WHERE kind = 'brand' AND named AND NOT banned ORDER BY handle LIMIT ?;

-- name: grant
INSERT INTO agents (brand, account, role, at) VALUES (:brand, :account, :role, :at)
ON CONFLICT (brand, account) DO UPDATE SET role = excluded.role, at = excluded.at;

-- name: note_agent
-- Acts by the brand's own rule; a role that was given stays.
INSERT INTO agents (brand, account, role, at) VALUES (?, ?, '', ?)
ON CONFLICT (brand, account) DO UPDATE SET at = excluded.at WHERE role = '';

-- name: forget_agent
DELETE FROM agents WHERE brand = ? AND account = ? AND role = '';

-- name: grant_nothing
DELETE FROM agents WHERE brand = :brand AND account = :account;

-- name: agents
SELECT brand, account, role, at FROM agents ORDER BY brand, at, account;

-- name: invite
INSERT INTO invitations (account, at) VALUES (?, ?) ON CONFLICT (account) DO NOTHING;

-- name: ban
UPDATE accounts SET banned = ? WHERE id = ?;

-- name: signing
SELECT id FROM accounts WHERE signs;

-- name: sign
UPDATE accounts SET signs = id IN (SELECT value FROM json_each(?));

-- name: report
INSERT INTO reports (at, reporter, conversation, thread, reason, what, key)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING;

-- name: reports
SELECT n, at, reporter, conversation, thread, reason, what FROM reports ORDER BY n DESC LIMIT ?;

-- name: prefs
SELECT notify, quiet_from, quiet_to, zone FROM prefs WHERE account = ?;

-- name: put_prefs
INSERT INTO prefs (account, notify, quiet_from, quiet_to, zone) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET notify = excluded.notify, quiet_from = excluded.quiet_from,
    quiet_to = excluded.quiet_to, zone = excluded.zone;

-- name: asked
-- In conversations that have only ever been between these two: whether each still asks.
SELECT max(a.request IN ('pending', 'ignored')), max(b.request IN ('pending', 'ignored'))
FROM members a CROSS JOIN members b ON b.conversation = a.conversation AND b.account = :whom
WHERE a.account = :who AND NOT EXISTS (
    SELECT 1 FROM members c
    WHERE c.conversation = a.conversation AND c.account NOT IN (:who, :whom)
) GROUP BY a.conversation;
