"""What is in the tables: sessions, frames, contents, tokens; functions of a connection."""
