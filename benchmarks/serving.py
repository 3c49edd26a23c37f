"""Many clients that search one server while its documents come and go: ``python benchmarks/serving.py``.

The recipe is ``mini``, the server a process of its own on this machine. Printed are what the clients saw, how
long their requests took, and what memory the server had after so many requests.

Every document that stays has a word of its own, which must find it, first, at any time. Documents of two
sections come and go: a client that sees one section and not the other has seen half a document.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import mmrag
from mmrag.benchmark.machine import print_machine

STAY = 40
WORDS = ["".join(letters) for letters in combinations("bcdfgjkmpqvxz", 4)]
"""No two of the same letters: the encoder of tests counts letters."""


@dataclass
class Seen:
    """What the clients saw.

    Attributes:
        seconds: of each request.
        errors: requests that failed.
        wrong: searches that did not find what they must, first.
        halves: searches that saw half a document.
        updates: that were made meanwhile.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    updates: int = 0


def write_documents(folder: Path) -> None:
    """Those that stay."""
    folder.mkdir(parents=True)
    for number in range(STAY):
        (folder / f"stay-{number}.md").write_text(
            f"# Page {number}\n\nThe {WORDS[number]} is told of here.\n"
        )


def load(link: str, index: str, folder: Path, clients: int, go_on: Callable[[Seen], bool]) -> Seen:
    """Search from ``clients`` threads, and change the documents, while ``go_on`` says so."""
    seen = Seen()
    api = f"{link}api/indexes/{index}"

    def search(query: str, top_k: int) -> list[tuple[str, int]] | None:
        begin = time.perf_counter()
        try:
            hits = call(f"{api}/search", {"query": query, "top_k": top_k})["hits"]
        except OSError as error:
            seen.errors.append(repr(error))
            return None
        seen.seconds.append(time.perf_counter() - begin)
        return [(hit["document"]["path"], hit["page"]["number"]) for hit in hits]

    def client(own: int) -> None:
        turn = own
        while go_on(seen):
            turn += 1
            if turn % 3:
                number = turn * 7 % STAY
                found = search(f"What is the {WORDS[number]}?", 3)
                if found is not None and found[:1] != [(f"stay-{number}.md", 1)]:
                    seen.wrong.append(f"{WORDS[number]}: {found}")
            else:
                pages = [page for page in search("zymurgy", 50) or () if page[0].startswith("come-")]
                if len(pages) != 2 * len({path for path, _ in pages}):
                    seen.halves.append(str(pages))

    def writer() -> None:
        while go_on(seen):
            file = folder / f"come-{seen.updates}.md"
            file.write_text("# Beer\n\nA zymurgy of hops.\n\n# Wine\n\nA zymurgy of grapes.\n")
            _follow(api)
            file.unlink()
            _follow(api)
            seen.updates += 2

    with ThreadPoolExecutor(clients + 1) as threads:
        working = [threads.submit(writer), *(threads.submit(client, own) for own in range(clients))]
    for one in working:
        one.result()
    return seen


def call(url: str, body: Any = None) -> Any:
    """The JSON that a request gives."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def memory(process: int) -> int:
    """MiB that a process has in memory."""
    fields = Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    print_machine()
    with TemporaryDirectory() as place:
        folder, index = Path(place) / "docs", Path(place) / "many"
        write_documents(folder)
        mmrag.build(folder, index).close()
        command = [sys.executable, "-m", "mmrag.cli", "serve", str(index), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                link = server.stdout.readline().split()[-1]
                _print_load(link, folder, options.clients, options.seconds)
                _print_memory(link, server.pid, options.requests)
            finally:
                server.terminate()


def _print_load(link: str, folder: Path, clients: int, seconds: float) -> None:
    call(f"{link}api/indexes/many/search", {"query": WORDS[0]})
    end = time.monotonic() + seconds
    seen = load(link, "many", folder, clients, lambda seen: time.monotonic() < end)
    p50, p95 = (1000 * value for value in np.quantile(seen.seconds, [0.5, 0.95]))
    print(
        f"- {clients} clients for {seconds:g} s, {seen.updates} updates meanwhile: "
        f"{len(seen.seconds):,} searches, p50 {p50:.0f} ms, p95 {p95:.0f} ms, "
        f"{len(seen.errors)} errors, {len(seen.wrong)} wrong, "
        f"{len(seen.halves)} half"
    )
    for trouble in (*seen.errors[:3], *seen.wrong[:3], *seen.halves[:3]):
        print(f"  - {trouble}")


def _print_memory(link: str, process: int, requests: int) -> None:
    tenth = requests // 10
    sizes = [memory(process)]
    for turn in range(10):
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda at: _any(link, at), range(turn * tenth, (turn + 1) * tenth)))
        sizes.append(memory(process))
    told = ", ".join(f"{size}" for size in sizes)
    print(f"- memory of the server before and after each {tenth:,} of {requests:,} requests: {told} MiB")


def _any(link: str, at: int) -> None:
    call(
        f"{link}api/indexes/many/{'ask' if at % 10 == 0 else 'search'}",
        {"question" if at % 10 == 0 else "query": f"What is the {WORDS[at % STAY]} of {at}?"},
    )


def _follow(api: str) -> None:
    job = call(f"{api}/update", {})["job"]
    with urllib.request.urlopen(f"{api}/jobs/{job}/events", timeout=120) as events:
        last = events.read().decode().strip().split("\n\n")[-1]
    assert last.startswith("event: report"), last


if __name__ == "__main__":
    main()
