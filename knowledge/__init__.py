"""What is remembered: enrolled products and domain notes in one store, searched by exact vector search."""
