"""Ward table in, one row per candidate area out."""
