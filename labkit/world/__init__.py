"""The synthetic region: people, disease, care, and what the registers get to see.

`labkit.world.generate` makes a dataset; `labkit.world.classroom` finds the one that students see,
without loading the generator.
"""
