"""Captioners whose weights come from a hub or a folder, run by torch. Imported only when one is asked for."""
