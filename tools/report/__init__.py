"""Reports on inspected parts, from files or from the log, as HTML, PDF, XLSX, CSV, or JSON to be verified."""
