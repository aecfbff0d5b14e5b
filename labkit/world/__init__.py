"""The synthetic region: people, disease, care, and what the registers get to see."""
