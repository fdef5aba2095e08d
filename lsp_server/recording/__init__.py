"""From a client's messages to the lines of a session in the spool."""
