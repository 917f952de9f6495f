"""The page with the three panes: the pinner's web page, Slack and Discord, side by side."""
