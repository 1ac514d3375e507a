"""The kinds of condition that a rule can have.

A new kind is one class that parses one value and holds or not, one line in kinds.py, a section in
docs/plans.md and a test. Lists of values, `any` and `not` are the same for all kinds: see when.py.
"""
