"""The lowest layer, without a domain word: named errors, health, and telling sockets after commit."""
