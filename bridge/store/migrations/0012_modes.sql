-- When the mode of an inbox was last changed: what was typed before that is no reply by it.

ALTER TABLE bindings ADD COLUMN mode_since INTEGER;
