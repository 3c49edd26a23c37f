"""``python -m mmrag.cli`` is ``mmrag``."""

from mmrag.cli.app import main

main()
