"""Data models: functional dependencies and normal forms."""
