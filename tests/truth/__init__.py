"""Labelled truth: scripted sessions whose script is the label. One module for each signal.

A module of a signal has

- `BARS`: the precision and recall that a class must reach, by `(kind, evidence)`;
- `labelled(folder, rounds)`: yields the sessions (`measure.Labelled`) that its scripts made in `folder`. A
  script drives a real recorder and says what each of its steps is; `rounds` is how many seeds each script is
  played with: 1 in `make test`, `ROUNDS` in `make bench`.

Nothing else has to be told of it: `signals.py` finds the module by its name, which is the signal's.
"""
