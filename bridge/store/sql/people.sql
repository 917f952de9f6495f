-- Accounts, identities, bindings, secrets.

-- part: account
id, kind, handle, name, picture, named, banned

-- name: accounts
SELECT {account} FROM accounts WHERE id IN (SELECT value FROM json_each(?));

-- name: account_by_handle
SELECT {account} FROM accounts WHERE handle = ?;

-- name: account_by_identity
SELECT account FROM identities WHERE platform = ? AND workspace = ? AND user = ?;

-- name: names
-- Whether that login names its account.
SELECT names FROM identities WHERE platform = ? AND workspace = ? AND user = ?;

-- name: accounts_like
-- Whoever is banned or has blocked the one who asks is not there.
SELECT {account} FROM accounts WHERE id IN (
    SELECT id FROM accounts WHERE handle >= :first AND handle < :last
    UNION SELECT id FROM accounts WHERE folded >= :first AND folded < :last
) AND id <> :asker AND NOT banned
AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.who = accounts.id AND b.whom = :asker)
ORDER BY handle LIMIT :limit;

-- name: identities
SELECT platform, workspace, user FROM identities WHERE account = ?
ORDER BY platform, workspace, user;

-- name: users
-- Where users are global, they belong to every workspace.
SELECT account, min(user) FROM identities
WHERE account IN (SELECT value FROM json_each(?)) AND platform = ? AND workspace IN ('', ?)
GROUP BY account;

-- name: channel
-- Where an account's conversations appear in a workspace, if that is just one channel.
SELECT min(channel) FROM bindings
WHERE account = ? AND platform = ? AND workspace = ? AND kind <> 'direct' HAVING count(*) = 1;

-- name: handles_like
SELECT handle FROM accounts WHERE handle = :handle OR (handle >= :first AND handle < :last);

-- name: put_account
INSERT INTO accounts (id, kind, handle, name, picture, named, folded) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, handle = excluded.handle,
    name = excluded.name, picture = excluded.picture, named = excluded.named,
    folded = excluded.folded;

-- name: is_untold
SELECT untold FROM accounts WHERE id = ?;

-- name: untold
UPDATE accounts SET untold = 1 WHERE id = ?;

-- name: told
UPDATE accounts SET untold = 0 WHERE id = ? AND untold;

-- name: has_left
SELECT 1 FROM accounts WHERE id = ?1 AND handle = 'gone-' || ?1;

-- name: rename
UPDATE accounts SET handle = ? WHERE id = ?;

-- name: forget_identities
-- Those that the operator gave it; what people have tied together themselves stays.
DELETE FROM identities WHERE account = ? AND NOT linked;

-- name: put_identity
INSERT INTO identities (platform, workspace, user, account) VALUES (?, ?, ?, ?)
ON CONFLICT (platform, workspace, user) DO UPDATE SET account = excluded.account
WHERE NOT linked;

-- name: former
SELECT former FROM identities WHERE platform = ? AND workspace = ? AND user = ?;

-- name: only_former
-- What the logins of an account had before, and no login has now or goes on as from elsewhere.
SELECT DISTINCT f.value FROM identities i JOIN json_each(i.former) f
WHERE i.account = :account
AND NOT EXISTS (SELECT 1 FROM identities o WHERE o.account = f.value)
AND NOT EXISTS (
    SELECT 1 FROM identities o JOIN json_each(o.former) g
    WHERE g.value = f.value AND o.account <> :account
) ORDER BY f.value;

-- name: move_identity
INSERT INTO identities (account, former, linked, names, platform, workspace, user)
VALUES (?, ?, 1, 0, ?, ?, ?)
ON CONFLICT (platform, workspace, user) DO UPDATE SET account = excluded.account,
    former = excluded.former, linked = 1, names = 0;

-- name: let_name
-- One login of an account that none names any more.
UPDATE identities SET names = 1 WHERE (platform, workspace, user) = (
    SELECT platform, workspace, user FROM identities WHERE account = ?1
    ORDER BY linked, platform, workspace, user LIMIT 1
) AND NOT EXISTS (SELECT 1 FROM identities WHERE account = ?1 AND names);

-- name: put_link
INSERT INTO links (code, platform, workspace, user, until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (code) DO NOTHING;

-- name: take_link
DELETE FROM links WHERE code = ? RETURNING platform, workspace, user, until;

-- name: drop_links
DELETE FROM links WHERE until < ?;

-- name: put_binding
-- A pause is no part of a change: only `pause_binding` begins and ends it.
INSERT INTO bindings ({binding}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET account = excluded.account, platform = excluded.platform,
    workspace = excluded.workspace, channel = excluded.channel, kind = excluded.kind,
    label = excluded.label, mode = excluded.mode,
    conversation = excluded.conversation, mode_since = excluded.mode_since;

-- name: label_binding
UPDATE bindings SET label = ? WHERE id = ?;

-- name: drop_binding
DELETE FROM bindings WHERE id = ?;

-- name: end_binding
UPDATE mirrors SET until_seq = (SELECT tail FROM threads t WHERE t.id = mirrors.thread)
WHERE binding = ? AND until_seq IS NULL;

-- name: pause_binding
UPDATE bindings SET paused = ? WHERE id = ?;

-- name: pause_mirrors
UPDATE mirrors SET state = 'paused', reason = ?, retry_at = NULL WHERE binding = ?;

-- name: resume_mirrors
UPDATE mirrors SET state = 'active', reason = NULL, attempts = 0, retry_at = NULL
WHERE binding = ? AND state = 'paused';

-- name: bindings
SELECT {binding} FROM bindings ORDER BY id;

-- name: bindings_of
SELECT {binding} FROM bindings WHERE account IN (SELECT value FROM json_each(?)) ORDER BY id;

-- name: binding
SELECT {binding} FROM bindings WHERE id = ?;

-- name: binding_at
SELECT {binding} FROM bindings WHERE platform = ? AND workspace = ? AND channel = ?;

-- name: secret
SELECT value FROM secrets WHERE name = ?;

-- name: put_secret
INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING;

-- name: use_once
INSERT INTO used (token, at) VALUES (?, ?) ON CONFLICT (token) DO NOTHING;
