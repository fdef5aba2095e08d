"""The files of `PAIRLOG_HOME`, where recorder and sender meet."""
