-- New inboxes whose threads do not all have their mirrors yet, and how far that is.

CREATE TABLE fillings (
    binding TEXT PRIMARY KEY,
    upto INTEGER NOT NULL,        -- position of the last event when it was bound
    conversation TEXT NOT NULL DEFAULT '',
    thread TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
