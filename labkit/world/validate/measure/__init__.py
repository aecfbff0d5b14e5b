"""The measures by name. Each says in SQL, or in a function, what its figure is of."""

from labkit.world.validate.measure import (  # noqa: F401  (they register themselves)
    birth,
    cancer,
    care,
    death,
    disease,
    drug,
    outcome,
    population,
    survey,
)
from labkit.world.validate.measure.metric import measure, metrics

__all__ = ["measure", "metrics"]
