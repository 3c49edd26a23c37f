"""What is wrong with an index, and what can be saved of one that is damaged."""
