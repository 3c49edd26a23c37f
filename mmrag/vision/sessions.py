"""ONNX models inside a parser process are held to the threads that it was given.

By default every session takes all processors, and its threads spin while they wait. With one parser a
processor, that made the layout model take 1.7 times the processor time and twice the wall time of one
thread a session.
"""

from __future__ import annotations

import os
from typing import Any


def threads_given(default: int = 1) -> int:
    """Threads that this process was given: ``OMP_NUM_THREADS``, which `ParserPool` sets for its parsers."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else default


def limited(options: Any, threads: int) -> Any:
    """``options`` of an onnxruntime session with that many threads, none of which spins."""
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def limit_other_sessions() -> None:
    """Hold sessions that other packages make from now on to `threads_given`, where they do not say how many.

    Does nothing in a process that was not given a number. PyMuPDF makes its sessions when it is
    imported, so this comes first.
    """
    if not threads_given(default=0):
        return
    import onnxruntime

    original = onnxruntime.InferenceSession
    if getattr(original, "held_to_threads", False):
        return

    class Session(original):  # type: ignore[misc, valid-type]
        held_to_threads = True

        def __init__(self, model: Any, sess_options: Any = None, *args: Any, **kwargs: Any) -> None:
            options = sess_options or onnxruntime.SessionOptions()
            if options.intra_op_num_threads == 0:
                limited(options, threads_given())
            super().__init__(model, options, *args, **kwargs)

    onnxruntime.InferenceSession = Session
