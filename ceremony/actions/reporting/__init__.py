"""Gathering what control knows of a ceremony, for its report. Reads only."""
