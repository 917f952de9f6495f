-- Whom what has been said would have pinged, had they not had quiet hours.

-- name: position
SELECT position FROM followed WHERE name = 'pings';

-- name: end
SELECT ifnull(max(position), 0) FROM events;

-- name: advance
INSERT INTO followed (name, position) VALUES ('pings', ?)
ON CONFLICT (name) DO UPDATE SET position = excluded.position;

-- name: anybody
SELECT 1 FROM prefs WHERE quiet_from <> '' AND quiet_to <> '' AND notify <> 'none' LIMIT 1;

-- name: said
-- To each member who sees it and has not muted it; in a brand's place to whoever answers for it.
-- Whoever reads in a channel is pinged by mentions alone.
SELECT e.thread, e.at, b.rich, p.account,
    CASE WHEN a.kind <> 'brand' AND EXISTS (
        SELECT 1 FROM bindings c WHERE c.account = m.account AND c.kind <> 'direct'
    ) THEN 'mentions' ELSE p.notify END,
    p.quiet_from, p.quiet_to, p.zone, a.kind = 'brand'
FROM events e CROSS JOIN threads t ON t.id = e.thread
CROSS JOIN members m ON m.conversation = e.conversation AND m.until IS NULL
    AND m.since <= e.seq AND NOT m.muted AND m.request <> 'ignored' AND m.account <> e.actor
CROSS JOIN accounts a ON a.id = m.account
CROSS JOIN prefs p ON p.account = CASE WHEN a.kind = 'brand' THEN t.assignee ELSE m.account END
LEFT JOIN bodies b ON b.position = e.position
WHERE e.position > :after AND e.position <= :last AND e.kind = 'MessagePosted'
    AND e.only IS NULL AND b.deleted IS NULL AND p.quiet_from <> '' AND p.notify <> 'none'
    AND NOT EXISTS (SELECT 1 FROM json_each(e.hidden) h WHERE h.value = m.account)
ORDER BY e.position;
