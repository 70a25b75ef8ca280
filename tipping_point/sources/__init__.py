"""Files in, checked tables out. Knows formats; knows nothing of wards or statistics."""
