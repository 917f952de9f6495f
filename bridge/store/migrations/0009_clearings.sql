-- Where words or names of people who have left for good may stand yet.

CREATE TABLE clearings (
    account TEXT NOT NULL,
    mirror TEXT NOT NULL,
    since INTEGER NOT NULL,       -- when it was wished for
    upto INTEGER NOT NULL,        -- lines of ours about events up to that position may name them
    seq INTEGER,                  -- what the lane does itself; NULL: not all is deleted here yet
    PRIMARY KEY (account, mirror)
) WITHOUT ROWID;

CREATE TABLE clearing_lines (     -- events of brands whose lines name them as an agent
    account TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (account, position)
) WITHOUT ROWID;
