"""What of the interpreter a handler may change, and the next execution environment finds as it was.

Signals and their timers, hooks, limits, the garbage collector, logging, what `atexit` is to
do, and the functions of the standard library that everybody leans on. Code of a library that
replaced some of them for good, as a tracer does, is left alone: it is not imported again.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import hashlib
import json
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from types import FrameType, ModuleType
from typing import Any, Final

from sqs_contract.references import is_users_file
from sqs_contract.world.life import life_here
from sqs_contract.world.patching import patched

_LEANT_ON: Final[tuple[ModuleType, ...]] = (
    builtins, time, random, json, hashlib, os, signal, socket, threading,
)  # fmt: skip
"""Modules whose functions a handler's code does not replace for longer than it lives."""

_Undo = Callable[[], object]
_Setting = tuple[Callable[[], Any], Callable[[Any], Any]]

_SETTINGS: Final[tuple[_Setting, ...]] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.getswitchinterval, sys.setswitchinterval),
    (sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    (gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    (gc.get_threshold, lambda counts: gc.set_threshold(*counts)),
    (socket.getdefaulttimeout, socket.setdefaulttimeout),
    (lambda: logging.raiseExceptions, lambda on: setattr(logging, "raiseExceptions", on)),
    (lambda: logging.root.level, logging.root.setLevel),
    (lambda: logging.root.manager.disable, logging.disable),
)
"""How each is read, and how it is set."""

_LISTS: Final[tuple[Callable[[], list[Any]], ...]] = (
    lambda: gc.callbacks,
    lambda: logging.root.handlers,
    lambda: logging.root.filters,
    lambda: sys.path_hooks,
)
"""Lists that stay the same object and may be changed within."""

_HOOKS: Final = (
    (sys, "excepthook"), (sys, "unraisablehook"), (sys, "displayhook"), (sys, "breakpointhook"),
    (threading, "excepthook"), (sys, "meta_path"), (sys, "path"), (sys, "path_hooks"),
    (sys, "modules"), (os, "environ"), (warnings, "filters"),
)  # fmt: skip


_OURS: Final = {os: {"_exit", "abort"}}
"""What our own code replaces while a handler has the word."""

_NEEDED: Final = (
    "AssertionError", "AttributeError", "BaseException", "Exception", "KeyError", "TypeError",
    "ValueError", "__build_class__", "__import__", "all", "any", "bool", "bytes", "callable",
    "classmethod", "dict", "enumerate", "float", "frozenset", "getattr", "hasattr", "hash", "id",
    "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next",
    "object", "property", "range", "repr", "reversed", "set", "setattr", "sorted",
    "staticmethod", "str", "sum", "super", "tuple", "type", "zip",
)  # fmt: skip
"""The built-in names that code between two invocations cannot do without."""


class _Names:
    """The functions and classes of a module, and what they were. Other names may change:
    constants mean something only to those who set them."""

    __slots__ = ("_before", "_find", "_found", "_now")

    def __init__(self, module: ModuleType, only: Collection[str] | None = None) -> None:
        self._now = module.__dict__
        ours = _OURS.get(module, set())
        self._before = {
            name: value
            for name, value in self._now.items()
            if name not in ours and callable(value) and (only is None or name in only)
        }
        self._find = itemgetter(*self._before)
        self._found = self._find(self._now)

    def put_back(self) -> None:
        """What the user's code has taken away or replaced is there again."""
        # This runs for every world, some of it for every invocation: all at once in C.
        try:
            if self._find(self._now) == self._found:
                return
        except KeyError:  # a name is gone
            pass
        now = self._now
        for name, value in self._before.items():
            if name not in now or (now[name] is not value and _is_users(now[name])):
                now[name] = value


class Interpreter:
    """The interpreter as it was before a handler had the word in it."""

    def __init__(self) -> None:
        self._undo: dict[tuple[Any, ...], _Undo] = {}
        self._names: list[_Names] = []
        self._needed = _Names(builtins, _NEEDED)
        self._settings: list[Any] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._hooks: list[Any] = []
        self._meta_path: list[Any] = []
        self._modules: dict[str, ModuleType] = {}
        self._modules_seen: tuple[int, str | None] | None = None
        self._tracing: tuple[Any, Any] = (None, None)
        self._umask = -1
        self._locale: str | None = None
        self._at_exit: list[Any] = []
        self.in_call = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Remember everything; in the end, everything is as it is now."""
        with patched(*self._seen()):
            self._remember()
            try:
                yield
            finally:
                self.restore()
                for function in self._at_exit:
                    atexit.unregister(function)
                self._names = []

    def before_call(self) -> None:
        """The handler gets the word."""
        self._tracing = sys.gettrace(), sys.getprofile()
        self.in_call = True

    def after_call(self) -> None:
        """The handler had the word, and our own code goes on: what that cannot do without."""
        if not self.in_call:
            return
        self.in_call = False
        trace, profile = self._tracing
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        if sys.getprofile() is not profile:
            sys.setprofile(profile)
        if self._names:
            self._needed.put_back()
            if len(sys.modules) < len(self._modules):
                self._put_modules_back()

    def restore(self) -> None:
        """The process of the handler is gone, and with it what it did to the interpreter."""
        if not self._names:
            return
        self._undo_calls()
        for (owner, name), before in zip(_HOOKS, self._hooks, strict=True):
            if getattr(owner, name, None) is not before:
                setattr(owner, name, before)
        self._restore_values()
        for names in self._names:
            names.put_back()
        self._put_modules_back()

    def _undo_calls(self) -> None:
        if not self._undo:
            return
        for key in self._undo:
            if key[0] in _TIMERS:
                self._undo_call(key)
        # A timer's signal that is still on its way would end us where nobody handles it any more.
        before = [(number, signal.getsignal(number)) for number in _TIMERS_SIGNALS]
        for number, handler in before:
            if handler is not None:
                _set_signal(number, signal.SIG_IGN)
        self._undo_call(("pthread_sigmask",))
        for number, handler in before:
            if handler is not None:
                _set_signal(number, handler)
        for key in reversed(self._undo):
            if key[0] not in _TIMERS:
                self._undo_call(key)
        self._undo.clear()

    def _undo_call(self, key: tuple[Any, ...]) -> None:
        undo = self._undo.get(key)
        if undo is not None:
            with suppress(Exception):  # what was there may be gone: it is no longer ours to set
                undo()

    def _restore_values(self) -> None:
        if any(finder not in sys.meta_path for finder in self._meta_path):
            sys.meta_path[:] = self._meta_path  # those that a library has added may stay
        for current, before in self._lists:
            if current != before:
                current[:] = before
        for (read, write), value in zip(_SETTINGS, self._settings, strict=True):
            if read() != value:
                write(value)

    def _remember(self) -> None:
        self._names = [_Names(module) for module in _LEANT_ON]
        self._needed = _Names(builtins, _NEEDED)
        self._settings = [read() for read, _ in _SETTINGS]
        self._lists = [(find(), list(find())) for find in _LISTS]
        self._hooks = [getattr(owner, name) for owner, name in _HOOKS]
        self._meta_path = list(sys.meta_path)
        self._modules = dict(sys.modules)
        self._modules_seen = None

    def _put_modules_back(self) -> None:
        modules = sys.modules
        # New modules come last: while that is the same, and how many there are, none was
        # exchanged for another.
        seen = len(modules), next(reversed(modules), None)
        if seen == self._modules_seen:
            return
        self._modules_seen = seen
        if modules.keys() >= self._modules.keys():
            return
        for name, module in self._modules.items():
            if name not in modules and not is_users_file(getattr(module, "__file__", None) or ""):
                modules[name] = module

    def _seen(self) -> Iterator[tuple[Any, str, Any]]:
        """The functions by which a handler changes what cannot be read cheaply, and `atexit`'s."""
        for owner, name, find_undo in _SETTERS:
            yield owner, name, self._watching(name, getattr(owner, name), find_undo)
        register = atexit.register

        def registered(function: Any, *args: Any, **kwargs: Any) -> Any:
            if life_here() is not None and is_users_file(sys._getframe(1).f_code.co_filename):
                self._at_exit.append(function)  # to be forgotten: its process ends otherwise (S120)
            return register(function, *args, **kwargs)

        yield atexit, "register", registered

    def _watching(self, name: str, real: Any, find_undo: Callable[..., _Undo]) -> Any:
        def function(*args: Any, **kwargs: Any) -> Any:
            if life_here() is not None:
                with suppress(Exception):  # wrong arguments: it is for `real` to say
                    key = (name, *args[:1]) if name in _BY_NUMBER else (name,)
                    if key not in self._undo:
                        self._undo[key] = find_undo(*args, **kwargs)
                if name == "signal":
                    args = self._deaf_to_ours(*args)
            return real(*args, **kwargs)

        return function

    def _deaf_to_ours(self, number: int, handler: Any = None, *rest: Any) -> tuple[Any, ...]:
        """A handler of signals that is called only while the code that set it has the word.

        For SIGINT it stays as it is: asyncio knows its own by it, and it is a person's.
        """
        if number == signal.SIGINT or not callable(handler):
            return (number, handler, *rest)

        def when_it_has_the_word(got: int, frame: FrameType | None) -> Any:
            return handler(got, frame) if self.in_call else None

        return (number, when_it_has_the_word, *rest)


# Bound once, before anything is patched.
_set_signal: Final = signal.signal
_set_timer: Final = signal.setitimer
_set_mask: Final = signal.pthread_sigmask
_set_umask: Final = os.umask
_set_locale: Final = locale.setlocale


def _signal_as_it_was(number: int, *_: object) -> _Undo:
    handler = signal.getsignal(number)
    return lambda: _set_signal(number, handler)


def _timer_as_it_was(which: int, *_: object) -> _Undo:
    timer = signal.getitimer(which)
    return lambda: _set_timer(which, *timer)


def _alarm_as_it_was(*_: object) -> _Undo:
    return _timer_as_it_was(signal.ITIMER_REAL)


def _mask_as_it_was(*_: object) -> _Undo:
    mask = _set_mask(signal.SIG_BLOCK, ())
    return lambda: _set_mask(signal.SIG_SETMASK, mask)


def _umask_as_it_was(*_: object) -> _Undo:
    _set_umask(before := _set_umask(0o077))
    return lambda: _set_umask(before)


def _locale_as_it_was(*_: object) -> _Undo:
    before = _set_locale(locale.LC_ALL)
    return lambda: _set_locale(locale.LC_ALL, before)


_BY_NUMBER: Final = ("signal", "setitimer")
"""Setters whose first argument says what is set."""

_TIMERS: Final = ("setitimer", "alarm")
_TIMERS_SIGNALS: Final = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)


_SETTERS: Final[tuple[tuple[Any, str, Callable[..., _Undo]], ...]] = (
    (signal, "signal", _signal_as_it_was),
    (signal, "setitimer", _timer_as_it_was),
    (signal, "alarm", _alarm_as_it_was),
    (signal, "pthread_sigmask", _mask_as_it_was),
    (os, "umask", _umask_as_it_was),
    (locale, "setlocale", _locale_as_it_was),
)
"""Each with what finds out how to undo a call of it."""


def _is_users(value: Any) -> bool:
    """Whether a function that took the place of another is the user's, or none at all."""
    if not callable(value):
        return True
    module = sys.modules.get(str(getattr(value, "__module__", None)))
    return module is None or is_users_file(getattr(module, "__file__", None) or "")
