"""Planted defects: layers of damage on the registry extracts, with a key to every one.

The records and the population stay clean, so their keys hold. `truth.defect` lists each defect with
the value before and after; `remove_defects` uses it to give the clean extracts back exactly.
"""

from labkit.world.defects.plant import defects
from labkit.world.defects.remove import remove_defects

__all__ = ["defects", "remove_defects"]
