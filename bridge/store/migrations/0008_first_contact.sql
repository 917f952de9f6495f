-- Which login names an account, and who has not been told yet who sees them.

ALTER TABLE accounts ADD COLUMN untold INTEGER NOT NULL DEFAULT 0; -- 1: has done nothing yet

ALTER TABLE identities ADD COLUMN names INTEGER NOT NULL DEFAULT 1; -- 0: another login does
UPDATE identities SET names = 0 WHERE linked AND EXISTS (
    SELECT 1 FROM identities other WHERE other.account = identities.account
    AND (other.linked, other.platform, other.workspace, other.user)
        < (1, identities.platform, identities.workspace, identities.user)
);
