-- Columns that queries of several files read, in the order that rows.py expects.

-- part: mirror
m.id, m.thread, m.conversation, m.binding, m.account, m.platform, m.workspace, m.channel,
m.kind, m.from_seq, m.cursor, m.until_seq, m.root, m.space, m.state, m.reason, m.attempts,
m.retry_at

-- part: head
c.id, c.creator, c.seq, (
    SELECT json_group_array(json_array(account, since, until)) FROM (
        SELECT account, since, until FROM members WHERE conversation = c.id ORDER BY n
    )
)

-- part: event
e.conversation, e.seq, e.thread, e.at, e.actor, e.kind, e.message, e.pin, e.data, e.agent,
b.text, b.rich

-- part: placement
p.position, p.mirror, p.part, p.remote, p.poster, p.revision, p.removed

-- part: item
e.kind, e.message, e.seq, e.data
