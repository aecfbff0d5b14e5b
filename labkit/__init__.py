"""labkit: a lab kit for teaching health-data analysis on synthetic data whose truth is known."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.dataset import connect
    from labkit.grading.check import exercise
    from labkit.messages import set_language

__all__ = ["connect", "exercise", "set_language"]
_HOMES = {  # public name -> (module, name there), imported on first use
    "connect": ("labkit.dataset", "connect"),
    "exercise": ("labkit.grading.check", "exercise"),
    "set_language": ("labkit.messages", "set_language"),
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import labkit` is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'labkit' has no attribute '{name}'")
    from importlib import import_module

    module, its_name = _HOMES[name]
    return getattr(import_module(module), its_name)
