"""The websocket of a slide: commands in, events out."""
