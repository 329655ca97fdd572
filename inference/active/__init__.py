"""Which regions are worth labelling next: looked for in whole slides, and measured against chance."""
