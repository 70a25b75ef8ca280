"""Ward table in, the same rows with more columns out."""
