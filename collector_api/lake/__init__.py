"""The lake: closed sessions as Parquet, by day, many in one file, on local disk or S3.

`lines/day=2026-11-01/NAME.parquet` holds a row for each change, `contents/day=2026-11-01/NAME.parquet` the
contents that those lines name. Which sessions a store keeps there, `collector_api/rows/archive.py` knows.
"""
