"""Hot spots: ward table and graph in, columns per method out."""
