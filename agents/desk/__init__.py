"""What the service and the station share over the application: kept images, pictures, history, jobs."""

from agents.desk.desk import Desk

__all__ = ["Desk"]
