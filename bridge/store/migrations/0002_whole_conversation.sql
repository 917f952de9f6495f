-- Edits, deletes, reactions, files and rich text.

CREATE UNIQUE INDEX events_message ON events (message) WHERE message IS NOT NULL;

-- Every posted and every edited text stands beside its own event. The row of the post
-- says what has become of the message.
ALTER TABLE bodies ADD COLUMN rich TEXT;       -- the tree, as JSON; NULL: plain words
ALTER TABLE bodies ADD COLUMN revision INTEGER NOT NULL DEFAULT 1; -- of a post: the current one
ALTER TABLE bodies ADD COLUMN latest INTEGER;  -- of a post: position of its last edit
ALTER TABLE bodies ADD COLUMN deleted INTEGER; -- of a post: position of its delete
ALTER TABLE bodies ADD COLUMN edits INTEGER;   -- of an edit: position of the post
ALTER TABLE bodies ADD COLUMN past INTEGER;    -- when this text was edited away or deleted
CREATE INDEX bodies_edits ON bodies (edits) WHERE edits IS NOT NULL;
CREATE INDEX bodies_past ON bodies (past) WHERE past IS NOT NULL;

ALTER TABLE placements ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

-- In all of these `message` is the position of its post.
CREATE TABLE files (
    message INTEGER NOT NULL,
    position INTEGER NOT NULL,    -- of the event that added it
    file TEXT NOT NULL,
    PRIMARY KEY (message, position)
) WITHOUT ROWID;
CREATE INDEX files_file ON files (file);

CREATE TABLE reactions (
    message INTEGER NOT NULL,
    account TEXT NOT NULL,
    emoji TEXT NOT NULL,
    origin TEXT,                  -- the mirror in which it was done
    PRIMARY KEY (message, account, emoji)
) WITHOUT ROWID;

CREATE TABLE shown (              -- emoji that we have put on messages
    message INTEGER NOT NULL,
    mirror TEXT NOT NULL,
    emoji TEXT NOT NULL,
    PRIMARY KEY (message, mirror, emoji)
) WITHOUT ROWID;

CREATE TABLE fetches (
    n INTEGER PRIMARY KEY,        -- the order in which they came
    message TEXT NOT NULL,
    number INTEGER NOT NULL,
    platform TEXT NOT NULL,
    file TEXT NOT NULL,           -- a RemoteFile, as JSON
    attempts INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message, number)
);

ALTER TABLE held RENAME COLUMN space TO waits_for;

-- A Sending was a list of parts, and is a list of steps.
UPDATE mirrors SET sending = json_object(
    'item', sending ->> 'item',
    'seq', sending ->> 'seq',
    'revision', sending ->> 'revision',
    'steps', (
        SELECT json_group_array(json_object(
            'verb', CASE WHEN mirrors.sending ->> 'update' THEN 'edit' ELSE 'post' END,
            'index', j.key,
            'part', json(j.value),
            'target', CASE WHEN mirrors.sending ->> 'update' THEN mirrors.root END,
            'emoji', ''
        )) FROM json_each(mirrors.sending, '$.parts') j
    ),
    'at', sending ->> 'part',
    'inner', sending ->> 'step',
    'data', json(sending -> 'data'),
    'anchor', sending ->> 'anchor',
    'in_flight', json(sending -> 'in_flight')
) WHERE sending IS NOT NULL;
