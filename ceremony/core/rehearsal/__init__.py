"""Rehearsal as values: the stations of a drill, the verdict on a way back, who left what behind."""
