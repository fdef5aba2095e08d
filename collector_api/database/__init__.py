"""SQLite and PostgreSQL: the tables, how they came to be, who writes, who hears of it."""
