"""Web to file: every public service that a study can name, and the cache that keeps what came. Reads no table."""
