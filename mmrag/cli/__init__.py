"""The command line: `mmrag index`, `search`, `ask`, `show` and the rest.

Nothing heavy is imported until a command runs, so that ``mmrag --help`` answers at once.
"""
