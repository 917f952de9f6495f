-- How far sweeps have come, which find what happened while nobody listened.

ALTER TABLE mirrors ADD COLUMN mark TEXT; -- the newest remote message of the last finished sweep

CREATE TABLE sweeps (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    at INTEGER NOT NULL,          -- when the last finished sweep of the place began
    mark TEXT,                    -- the newest of what stands straight in direct messages
    PRIMARY KEY (platform, workspace, channel)
) WITHOUT ROWID;
