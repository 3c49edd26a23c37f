"""`python cli.py …` is `mmrag …`, for a clone without an install."""

from mmrag.cli.app import main

if __name__ == "__main__":
    main()
