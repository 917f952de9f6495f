-- Everybody's inbox, as each of them sees it: how it follows the history, and its lists.

-- name: position
SELECT position FROM followed WHERE name = 'inbox';

-- name: advance
INSERT INTO followed (name, position) VALUES ('inbox', ?)
ON CONFLICT (name) DO UPDATE SET position = excluded.position;

-- name: last
-- The last event of the next so many.
SELECT max(position) FROM (
    SELECT position FROM events WHERE position > ? ORDER BY position LIMIT ?
);

-- name: touched
-- Threads in which something has happened. What changes who is in a conversation, or what
-- somebody makes of it, is about all of its threads.
SELECT thread FROM events WHERE position > :after AND position <= :last
UNION
SELECT t.id FROM threads t WHERE t.conversation IN (
    SELECT conversation FROM events WHERE position > :after AND position <= :last
    AND kind IN ('PeopleAdded', 'PersonLeft', 'PersonRemoved', 'RequestAccepted', 'RequestIgnored')
);

-- name: put
-- Of each member who is there now; who sees nothing of a thread does not have it. That a card
-- shows more is no news.
INSERT INTO inbox (account, thread, active, waiting, assignee, status, request)
SELECT * FROM (
    SELECT s.account, t.id, (
        SELECT e.position FROM events e WHERE e.thread = t.id AND e.seq >= s.since AND {seen}
        AND e.kind <> 'CardFilled' ORDER BY e.seq DESC LIMIT 1
    ) AS active, ifnull((
        SELECT e.actor <> s.account FROM events e
        WHERE e.thread = t.id AND e.seq >= s.since AND e.message IS NOT NULL
        AND e.only IS NULL AND {seen} ORDER BY e.seq DESC LIMIT 1
    ), 0),
    CASE WHEN a.kind = 'brand' THEN t.assignee END,
    CASE WHEN a.kind = 'brand' THEN t.status ELSE 'open' END, s.request
    FROM threads t JOIN members s ON s.conversation = t.conversation AND s.until IS NULL
    JOIN accounts a ON a.id = s.account
    WHERE t.id IN (SELECT value FROM json_each(:threads))
) WHERE active IS NOT NULL
ON CONFLICT (account, thread) DO UPDATE SET active = excluded.active, waiting = excluded.waiting,
    assignee = excluded.assignee, status = excluded.status, request = excluded.request;

-- name: drop
-- Of who is there no longer.
DELETE FROM inbox WHERE thread IN (SELECT value FROM json_each(:threads)) AND NOT EXISTS (
    SELECT 1 FROM threads t JOIN members s ON s.conversation = t.conversation
    WHERE t.id = inbox.thread AND s.account = inbox.account AND s.until IS NULL
);

-- part: line
i.thread, t.conversation, t.pin, m.since, (
    SELECT json_group_array(account) FROM (
        SELECT account FROM members
        WHERE conversation = t.conversation AND until IS NULL AND account <> i.account ORDER BY n
    )
), i.active, i.waiting, i.assignee, i.status, i.request,
CASE WHEN i.status = 'snoozed' THEN t.until END

-- part: tables
FROM inbox i JOIN threads t ON t.id = i.thread
JOIN members m ON m.conversation = t.conversation AND m.account = i.account AND m.until IS NULL
WHERE i.account = :account AND i.active < :before

-- part: newest
ORDER BY i.active DESC LIMIT :limit

-- name: all
SELECT {line} {tables} AND i.request <> 'ignored' {newest};

-- name: mine
SELECT {line} {tables} AND i.assignee = :agent AND i.status <> 'resolved' {newest};

-- name: unassigned
SELECT {line} {tables} AND i.assignee IS NULL AND i.status = 'open' AND i.request <> 'ignored'
{newest};

-- name: waiting
SELECT {line} {tables} AND i.waiting = 1 AND i.status = 'open' AND i.request <> 'ignored' {newest};

-- name: requests
SELECT {line} {tables} AND i.request = 'pending' {newest};
