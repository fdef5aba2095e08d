"""Why a text changes, where nobody says so: from the change, what stands around it, and what was before."""
