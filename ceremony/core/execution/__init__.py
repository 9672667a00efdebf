"""The execution report of a ceremony: what was asked, agreed, run and found, and the verdict.

``facts`` is the report as a value, ``verdict`` computes what is never typed, ``sections`` arranges
it to be read, ``markdown`` writes it down, ``document`` is its canonical form with a digest.
"""
