"""What the world is like, as data with its sources. Every table is checked when it is first loaded."""
