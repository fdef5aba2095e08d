"""From the spools of a home to its collector: screen, mask, release, ship, take back."""
