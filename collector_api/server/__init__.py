"""The process: it binds, answers, counts, logs, and looks after its store."""
