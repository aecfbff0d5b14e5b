"""The synthetic region: people, disease, care, and what the registers get to see."""

from labkit.world.classroom import class_dataset
from labkit.world.generate import generate
from labkit.world.manifest import Manifest, read_manifest, verify
from labkit.world.part import Config

__all__ = ["Config", "Manifest", "class_dataset", "generate", "read_manifest", "verify"]
