"""What the database must hold, block by block, and a copy of its first blocks."""
