-- Files that their author takes off a message.

ALTER TABLE files ADD COLUMN remote TEXT NOT NULL DEFAULT ''; -- what its platform calls it
ALTER TABLE files ADD COLUMN removed INTEGER;  -- position of the event that took it off
ALTER TABLE files ADD COLUMN past INTEGER;     -- when it was taken off
CREATE INDEX files_past ON files (past) WHERE past IS NOT NULL;
