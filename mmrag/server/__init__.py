"""Indexes over HTTP: an API, a web page, and a server for assistants that speak MCP (extra ``serve``)."""
