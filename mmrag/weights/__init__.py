"""Models whose weights come from a hub or a folder and are run by torch: found, loaded, told apart."""
