-- Up to which event of its thread a mirror of a new binding is filled, behind live traffic.

ALTER TABLE mirrors ADD COLUMN filled INTEGER NOT NULL DEFAULT 0;
