"""Reading files: a path becomes a document and a stream of pages with their elements.

`scan` finds files, `ParserPool` parses them in killable processes, `ingestors` lists who reads what.
"""

from mmrag.ingest.base import Ingestor
from mmrag.ingest.opening import Job, open_file
from mmrag.ingest.processes.pool import ParsedFile, ParserPool
from mmrag.ingest.registry import INGEST_VERSION, ingestors
from mmrag.ingest.sniff import sniff
from mmrag.ingest.walk import FoundFile, hash_file, scan

__all__ = [
    "INGEST_VERSION",
    "FoundFile",
    "Ingestor",
    "Job",
    "ParsedFile",
    "ParserPool",
    "hash_file",
    "ingestors",
    "open_file",
    "scan",
    "sniff",
]
