-- What needs a person, and what people ask the running program for.

ALTER TABLE mirrors ADD COLUMN failing INTEGER; -- since when nothing gets through; NULL: it does

-- What a place refused, by item: words and a file of one message are two.
CREATE TABLE refusals (
    mirror TEXT NOT NULL,
    seq INTEGER NOT NULL,         -- of the message's post, else of the event itself
    item TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    again INTEGER NOT NULL DEFAULT 0, -- 1: somebody asked for it once more
    PRIMARY KEY (mirror, seq, item)
) WITHOUT ROWID;
INSERT INTO refusals (mirror, seq, item, reason, at)
SELECT r.mirror, r.seq, ifnull(e.message, 'seq:' || r.seq), r.reason, e.at
FROM refused r JOIN mirrors m ON m.id = r.mirror
JOIN events e ON e.thread = m.thread AND e.seq = r.seq;
DROP TABLE refused;

CREATE TABLE requests (           -- of commands beside the running program
    n INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,           -- JSON
    at INTEGER NOT NULL,
    answer TEXT                   -- JSON; NULL: not taken yet
);

-- Files that were given up, to be found among all events.
CREATE INDEX events_failed ON events (position) WHERE kind = 'FileFailed';
