"""Source tables in, one row per ward out: places, counts, coverage, and who touches whom."""
