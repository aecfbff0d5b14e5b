"""What the command line says of words that it cannot follow, in the language of the reader."""

from typing import Any

from typer import BadParameter
from typer.exceptions import TyperException

from labkit.messages import say


def complaint(error: TyperException) -> str:
    """Say what was wrong with the words of a command, and where its help is.

    Args:
        error: What typer raised; only its public fields are read.
    """
    context = getattr(error, "ctx", None)
    help = say("usage.help", command=context.command_path if context else "labkit")
    return f"{_fault(error)} {help}"


def _fault(error: Any) -> str:
    if isinstance(error, BadParameter):
        hint = error.param_hint or (error.param.get_error_hint() if error.param else "")
        name = str(hint).replace("'", "")
        if hasattr(error, "param_type"):
            return say("usage.missing", what=name)
        return _value(name, error)
    if hasattr(error, "option_name"):
        if not hasattr(error, "possibilities"):
            return say("usage.no_value", option=error.option_name)
        near = [name for name in error.possibilities or () if name != "--help"]
        fault = say("usage.no_option", option=error.option_name)
        return f"{fault} {say('usage.near', known=', '.join(near))}" if near else fault
    return say("usage.other", said=error.message.rstrip("."))


def _value(name: str, error: BadParameter) -> str:
    """Say what came and what was asked for, as the check of the value told it."""
    check: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if not check:
        return say("usage.value", option=name, said=error.message.rstrip("."))
    came = check[0]["input"]
    if check[0]["type"].startswith(("int", "float")):
        return say(f"usage.{check[0]['type'].partition('_')[0]}", option=name, came=came)
    choices = getattr(error.param, "type_descriptor", None)
    known = ", ".join(str(choice) for choice in getattr(choices, "choices", None) or ())
    if known:
        return say("world.choice", option=name, came=came, known=known)
    return say("usage.value", option=name, said=error.message.rstrip("."))
