"""The zip that is deployed: the project's files, the packages of a requirements file, the wrapper."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sqs_contract.errors import UsageError

WRAPPER: Final = "sqs_contract_wrapper"
"""The name of the wrapper's module in the zip."""

ZIP_BYTES_MAX: Final = 50 << 20
"""CreateFunction takes no more than this directly (Lambda quotas)."""

FILES_MAX: Final = 20_000
_INSTALLS_WITHIN_S: Final = 300
_LEFT_OUT: Final = frozenset(
    {"__pycache__", "node_modules", "venv", "env", "build", "dist", "htmlcov", "cdk.out"}
)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def make_package(directories: Sequence[Path], requirements: Path | None = None) -> bytes:
    """The zip of a handler; the same files give the same bytes.

    Args:
        directories: where the code lies; a file of the first hides one of the others.
        requirements: a pip requirements file, whose packages are installed into the zip only.

    Raises:
        UsageError: it is too large for Lambda, or pip cannot install the packages.
    """
    files: dict[str, Path] = {}
    for directory in directories:
        for path in _files(directory.resolve()):
            files.setdefault(path.relative_to(directory.resolve()).as_posix(), path)
            if len(files) > FILES_MAX:
                raise UsageError(
                    f"{str(directory)!r} holds more than {FILES_MAX} files: run it from the "
                    "directory that is deployed, or give --template, whose CodeUri says it"
                )
    with tempfile.TemporaryDirectory(prefix="sqs-contract-") as installed:
        if requirements is not None:
            _install(requirements, Path(installed))
            for path in _files(Path(installed)):
                files.setdefault(path.relative_to(installed).as_posix(), path)
        files[f"{WRAPPER}.py"] = Path(__file__).with_name("wrapper.py")
        data = _zipped(files)
    if len(data) > ZIP_BYTES_MAX:
        raise UsageError(
            f"the zip of the function has {len(data) >> 20} MB, and Lambda takes "
            f"{ZIP_BYTES_MAX >> 20} MB: leave out of the directory what is not deployed"
        )
    return data


def _files(directory: Path) -> Iterator[Path]:
    for root, names, found in os.walk(directory):
        names[:] = sorted(name for name in names if not _is_left_out(Path(root) / name))
        yield from (
            Path(root) / name
            for name in sorted(found)
            if not name.startswith(".") and not name.endswith((".pyc", ".zip"))
        )


def _is_left_out(directory: Path) -> bool:
    return (
        directory.name in _LEFT_OUT
        or directory.name.startswith(".")
        or (directory / "pyvenv.cfg").exists()
    )


def _install(requirements: Path, target: Path) -> None:
    if not requirements.is_file():
        raise UsageError(f"--requirements: there is no file {str(requirements)!r}")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--no-input"]
    command += ["--disable-pip-version-check", "--target", str(target), "-r", str(requirements)]
    try:
        done = subprocess.run(  # noqa: S603  pip, with a file the user named
            command,
            capture_output=True,
            check=False,
            timeout=_INSTALLS_WITHIN_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"--requirements: pip did not install {str(requirements)!r} in {_INSTALLS_WITHIN_S} s"
        ) from None
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip()
        raise UsageError(
            f"--requirements: pip cannot install {str(requirements)!r}", detail=told[-2_000:]
        )


def _zipped(files: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            try:
                archive.writestr(info, files[name].read_bytes())
            except OSError as error:
                raise UsageError(
                    f"cannot read {str(files[name])!r} for the zip of the function: {error.strerror}"
                ) from None
    return buffer.getvalue()
