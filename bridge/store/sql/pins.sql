-- What is known of pins, and where they are.

-- part: pin
id, url, title, description, alt, picture, link, board, creator, color, source

-- name: pins
SELECT {pin} FROM pins WHERE id IN (SELECT value FROM json_each(?));

-- name: put_pin
INSERT INTO pins ({pin}, looked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET url = excluded.url, title = excluded.title,
    description = excluded.description, alt = excluded.alt, picture = excluded.picture,
    link = excluded.link, board = excluded.board, creator = excluded.creator,
    color = excluded.color, source = excluded.source, looked_at = excluded.looked_at;

-- name: use_pin
INSERT INTO pins (id, url, source, looked_at) VALUES (?, ?, 'bare', 0)
ON CONFLICT (id) DO NOTHING;

-- name: bare_pins
SELECT id FROM pins WHERE source = 'bare' AND (
    EXISTS (SELECT 1 FROM threads WHERE threads.pin = pins.id)
    OR EXISTS (SELECT 1 FROM events WHERE events.pin = pins.id)
) ORDER BY looked_at LIMIT ?;

-- name: threads_with
SELECT id FROM threads WHERE pin = :pin
UNION SELECT thread FROM events WHERE pin = :pin;

-- name: recent_pins
SELECT t.pin FROM inbox i JOIN threads t ON t.id = i.thread
WHERE i.account = ? AND i.request <> 'ignored'
GROUP BY t.pin ORDER BY max(i.active) DESC LIMIT ?;
