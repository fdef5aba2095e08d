"""The numbers to hold. Each module here has `rows()`; ratios are taken side by side in one run."""
