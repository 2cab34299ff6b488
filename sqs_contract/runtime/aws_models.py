"""The models of AWS's services as botocore ships them, and who reads requests by them.

botocore changes the model of S3 when it makes a client, and files are read once for a process: so
what we read the wire by is read from the files for itself. Importing this imports moto.
"""

from __future__ import annotations

import functools
from typing import Any

from botocore.loaders import JSONFileLoader, create_loader
from moto.core.model import ServiceModel
from moto.core.routing import ServiceOperationRouter


class _Files(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Reads each file anew, whatever is kept of it elsewhere."""

    def load_file(self, file_path: str) -> Any:
        """The data of a file, given without its extension; `None` where there is none."""
        for extension, opener in _openers():
            data = self._load_file(file_path + extension, opener)
            if data is not None:
                return data
        return None


def _openers() -> list[tuple[str, Any]]:
    import gzip  # noqa: PLC0415  where a file is packed
    from builtins import open as plain  # noqa: PLC0415  beside the other

    return [(".json", plain), (".json.gz", gzip.open)]


@functools.cache
def model_of(service: str) -> ServiceModel:
    """The model of a service.

    Raises:
        UnknownServiceError: botocore has none of that name.
    """
    loader = create_loader()
    loader.file_loader = _Files()
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def router_of(service: str) -> ServiceOperationRouter:
    """Who finds the operation of a request to a service."""
    return ServiceOperationRouter(model_of(service))
