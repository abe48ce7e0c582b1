"""The front ends: command line, HTTP server, Model Context Protocol."""
