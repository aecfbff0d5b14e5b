"""The registry extracts as delivered, and who stands behind their pseudonyms."""
