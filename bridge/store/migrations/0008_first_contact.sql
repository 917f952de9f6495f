-- Which login names an account.

ALTER TABLE identities ADD COLUMN names INTEGER NOT NULL DEFAULT 1; -- 0: another login does
UPDATE identities SET names = 0 WHERE linked AND EXISTS (
    SELECT 1 FROM identities other WHERE other.account = identities.account
    AND (other.linked, other.platform, other.workspace, other.user)
        < (1, identities.platform, identities.workspace, identities.user)
);
