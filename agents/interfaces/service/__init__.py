"""The HTTP service: /api/v1 with keys, limits, jobs and metrics, over one application."""

from agents.interfaces.service.service import create_service

__all__ = ["create_service"]
