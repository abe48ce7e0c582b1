"""Chat models: an endpoint, a local one, and a scripted one for tests."""
