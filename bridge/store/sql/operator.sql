-- What the command line reads beside a running program.

-- name: threads_with_prefix
SELECT id, conversation, pin, tail FROM threads
WHERE id >= :first AND id < :last ORDER BY id LIMIT 2;

-- name: threads_of
SELECT id, conversation, pin, tail FROM threads t WHERE conversation = ?
ORDER BY (SELECT min(seq) FROM events e WHERE e.thread = t.id);
