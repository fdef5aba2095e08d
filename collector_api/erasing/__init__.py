"""What goes: sessions, minutes, contributors, by wish or by age; and what one may take along."""
