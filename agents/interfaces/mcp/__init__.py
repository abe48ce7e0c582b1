"""The application as tools of the Model Context Protocol; needs the package `mcp`."""

from agents.interfaces.mcp.server import create_http_app, create_mcp_server

__all__ = ["create_http_app", "create_mcp_server"]
