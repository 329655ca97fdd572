"""Annotated objects, their append-only history, and the numbered events that tell every browser of a change."""
