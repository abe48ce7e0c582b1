"""LangChain tools over `anomaly_core` and `knowledge`, one family a file."""
