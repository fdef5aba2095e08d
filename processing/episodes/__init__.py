"""Episodes: tasks with an executable answer, taken from sessions."""
