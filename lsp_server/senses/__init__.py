"""What the recorder perceives beside its client: changes on disk, version control, test runs."""
