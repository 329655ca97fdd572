"""Pixels and networks: everything that segments, trains and measures. Knows no server and never imports Django."""
