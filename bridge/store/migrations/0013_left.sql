-- Logins of accounts that have left for good, as hashes, for as long as deleted words are kept:
-- what such a login did before that and is heard of later is not taken in.

CREATE TABLE left_logins (
    login TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;
