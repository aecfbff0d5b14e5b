"""How true the world is: measured figures against published ones, and what must always hold."""

from labkit.world.validate.run import Report, validate

__all__ = ["Report", "validate"]
