"""Two more methods for the model worker of a test: Python imports this file by itself when its folder is on PYTHONPATH."""

from inference.methods import METHODS

METHODS["slow"] = "trouble:SlowSegmenter"
METHODS["deadly"] = "trouble:DeadlySegmenter"
