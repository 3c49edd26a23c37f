"""Parsers in processes of their own, which a bad file may break: pool, worker, frames between."""
