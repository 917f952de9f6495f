-- Columns that queries of several files read, in the order that rows.py expects.

-- part: binding
id, account, platform, workspace, channel, kind, label, mode, paused, conversation, mode_since

-- part: mirror
m.id, m.thread, m.conversation, m.binding, m.account, m.platform, m.workspace, m.channel,
m.kind, m.from_seq, m.cursor, m.until_seq, m.root, m.space, m.state, m.reason, m.attempts,
m.retry_at

-- part: head
c.id, c.creator, c.seq, (
    SELECT json_group_array(json_array(account, since, until, request, muted, removed)) FROM (
        SELECT account, since, until, request, muted, removed FROM members
        WHERE conversation = c.id ORDER BY n
    )
)

-- part: event
e.conversation, e.seq, e.thread, e.at, e.actor, e.kind, e.message, e.pin, e.data, e.agent,
b.text, b.rich, e.only, e.hidden

-- part: seen
-- Whether the member s sees the event e, as `core.audience` has it.
(e.only IS NULL OR e.only = s.account)
AND (e.hidden IS NULL OR s.account NOT IN (SELECT value FROM json_each(e.hidden)))

-- part: seen_by
-- The same for whoever asks.
(e.only IS NULL OR e.only = :account)
AND (e.hidden IS NULL OR :account NOT IN (SELECT value FROM json_each(e.hidden)))

-- part: placement
p.position, p.mirror, p.part, p.remote, p.poster, p.revision, p.removed

-- part: item
e.kind, e.message, e.seq, e.data
