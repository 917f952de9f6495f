"""The Pinterest stand-in: sample pins with pictures of our own, oEmbed, API v5 and short links."""
