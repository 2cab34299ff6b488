"""`module:name` references: how they are read, found and refused."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.world.life import ImportStopped

_NAME: Final[Any] = vars(type)["__name__"]
_OURSELVES: Final = str(Path(__file__).resolve().parent)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a module, as the user wrote it: `shop.orders:handler`."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"

    @classmethod
    def parse(cls, text: str, what: str) -> Reference:
        """Read `module:name`.

        Raises:
            UsageError: it is not of that form.
        """
        module, colon, name = text.partition(":")
        parts = [*module.split("."), *name.split(".")]
        if not colon or not all(part.isidentifier() for part in parts):
            raise UsageError(f"{what} must be given as module:name, not {text!r}")
        return cls(module, name)

    def find(self, module: ModuleType, what: str) -> Any:
        """The object of that name in the module.

        Raises:
            UsageError: the module has no such name.
        """
        value: Any = module
        for part in self.name.split("."):
            try:
                value = getattr(value, part)
            except AttributeError:
                file = getattr(module, "__file__", None)
                where = f" ({shown(file)})" if file else ""
                raise UsageError(
                    f"{what} {str(self)!r}: module {self.module!r}{where} has no {part!r}"
                ) from None
        return value


def import_for(reference: Reference, what: str, load: Any = importlib.import_module) -> ModuleType:
    """Import the module of a reference.

    Raises:
        UsageError: it does not exist, or its import fails; then the detail is
            the module's own traceback, ours cut away.
    """
    try:
        module: ModuleType = load(reference.module)
    except ModuleNotFoundError as error:
        if error.name is not None and (reference.module + ".").startswith(error.name + "."):
            raise UsageError(
                f"{what} {str(reference)!r}: there is no module {error.name!r} "
                f"(looked in {shown(_first_on_path())} and on sys.path)"
            ) from None
        raise _import_failed(reference, what, error) from None
    except ImportStopped as stopped:
        how = stopped.reason or "it did not end"
        raise UsageError(
            f"{what} {str(reference)!r}: importing {reference.module!r} was stopped at "
            f"{stopped.where}: {how}"
        ) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the import raises
        raise _import_failed(reference, what, error) from None
    return module


def _first_on_path() -> str:
    # A program may have put anything on it, or taken everything from it.
    return next((str(place) for place in sys.path), "") or "."


def _import_failed(reference: Reference, what: str, error: BaseException) -> UsageError:
    return UsageError(
        f"{what} {str(reference)!r}: importing {reference.module!r} raised "
        f"{name_of(type(error))}: {first_line(error)}",
        detail=users_traceback(error),
    )


def first_line(error: BaseException) -> str:
    """The first line of an error's text."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  a hostile __str__
        text = "<its text cannot be shown>"
    return text.strip().split("\n", 1)[0]


def name_of(kind: type) -> str:
    """The name of a class, whatever its metaclass says."""
    return str(_NAME.__get__(kind))


def users_traceback(error: BaseException) -> str:
    """The traceback of an error without our frames and importlib's."""
    summary = traceback.TracebackException.from_exception(error, compact=True)
    frames = [frame for frame in summary.stack if not is_our_frame(frame.filename)]
    summary.stack = traceback.StackSummary.from_list(frames)
    return "".join(summary.format())


def is_our_frame(filename: str) -> bool:
    """Whether a frame is ours or the import system's, and so not the user's business."""
    return filename.startswith((_OURSELVES, "<frozen importlib")) or "/importlib/" in filename


def last_users_line(trace: TracebackType | None) -> str | None:
    """`shop/orders.py:31`, the innermost line of the user's own code in a traceback."""
    found: tuple[str, int] | None = None
    fallback: tuple[str, int] | None = None
    for frame, line in traceback.walk_tb(trace):
        filename = frame.f_code.co_filename
        if is_our_frame(filename) or filename.startswith("<"):
            continue
        fallback = filename, line
        if is_users_file(filename):
            found = fallback
    innermost = found or fallback
    if innermost is None:
        return None
    # The path is looked up once: a recursion that went too deep has a thousand frames.
    return f"{shown(innermost[0])}:{innermost[1]}"


def is_users_file(filename: str) -> bool:
    """Whether a file is the user's own: neither ours, nor a library's, nor Python's."""
    return not (
        is_our_frame(filename)
        or filename.startswith("<")
        or "site-packages" in filename
        or "/lib/python" in filename
    )


def shown(path: str) -> str:
    """A path relative to the working directory, where it lies below it."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
