"""From evidence to an answer that is checked before it is shown."""
