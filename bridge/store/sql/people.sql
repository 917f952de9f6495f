-- Accounts, identities, bindings, secrets.

-- part: account
id, kind, handle, name, picture, named

-- part: binding
id, account, platform, workspace, channel, kind, label

-- name: accounts
SELECT {account} FROM accounts WHERE id IN (SELECT value FROM json_each(?));

-- name: account_by_handle
SELECT {account} FROM accounts WHERE handle = ?;

-- name: account_by_identity
SELECT account FROM identities WHERE platform = ? AND workspace = ? AND user = ?;

-- name: accounts_like
SELECT {account} FROM accounts WHERE id IN (
    SELECT id FROM accounts WHERE handle >= :first AND handle < :last
    UNION SELECT id FROM accounts WHERE folded >= :first AND folded < :last
) ORDER BY handle LIMIT :limit;

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

-- name: rename
UPDATE accounts SET handle = ? WHERE id = ?;

-- name: forget_identities
DELETE FROM identities WHERE account = ?;

-- name: put_identity
INSERT INTO identities (platform, workspace, user, account) VALUES (?, ?, ?, ?)
ON CONFLICT (platform, workspace, user) DO UPDATE SET account = excluded.account;

-- name: put_binding
INSERT INTO bindings ({binding}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET account = excluded.account, platform = excluded.platform,
    workspace = excluded.workspace, channel = excluded.channel, kind = excluded.kind,
    label = excluded.label;

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
