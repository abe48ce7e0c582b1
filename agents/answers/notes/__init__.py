"""What the notes say of a type of defect: causes, effects, severity, limits, actions."""
