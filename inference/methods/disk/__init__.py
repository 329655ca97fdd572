"""No network: a disk around the click. For tests, and the template of a new method."""
