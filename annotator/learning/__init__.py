"""Model versions, the requests sent to model workers, and what becomes of their replies."""
