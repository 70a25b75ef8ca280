"""Small numbers hidden so that no other number gives them away; known to every stage, and knowing none."""
