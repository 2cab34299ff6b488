"""The zip that is deployed."""

from __future__ import annotations

import io
import zipfile

import pytest

from sqs_contract.deployed import package
from sqs_contract.deployed.package import make_package
from sqs_contract.errors import UsageError


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "orders.py": "def handler(): ...",
        "shop/__init__.py": "",
        "__pycache__/orders.pyc": "",
        ".git/config": "",
        ".env": "SECRET=1",
        "tools/pyvenv.cfg": "",
        "tools/lib.py": "",
        "node_modules/a.js": "",
    }.items():
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "code"


def names(data):
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_it_holds_the_code_and_the_wrapper_and_nothing_hidden(project):
    assert names(make_package((project,))) == [
        "orders.py",
        "shop/__init__.py",
        "sqs_contract_wrapper.py",
    ]


def test_the_same_files_make_the_same_zip(project):
    assert make_package((project,)) == make_package((project,))


def test_the_first_directory_hides_files_of_the_others(project, tmp_path):
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "orders.py").write_text("other", encoding="utf-8")
    (layer / "common.py").write_text("", encoding="utf-8")
    data = make_package((project, layer))
    assert "common.py" in names(data)
    assert zipfile.ZipFile(io.BytesIO(data)).read("orders.py") == b"def handler(): ..."


def test_packages_of_a_requirements_file_go_into_the_zip_only(project, tmp_path):
    wheel = tmp_path / "little-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("little.py", "x = 1")
        archive.writestr("little-1.0.dist-info/METADATA", "Name: little\nVersion: 1.0\n")
        archive.writestr("little-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("little-1.0.dist-info/RECORD", "")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(str(wheel), encoding="utf-8")
    assert "little.py" in names(make_package((project,), requirements))
    assert not (project / "little.py").exists()


def test_what_cannot_be_packaged_is_told_in_a_line(project, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="there is no file"):
        make_package((project,), tmp_path / "none.txt")
    bad = tmp_path / "bad.txt"
    bad.write_text("./no/such/directory", encoding="utf-8")
    with pytest.raises(UsageError, match="pip cannot install"):
        make_package((project,), bad)
    monkeypatch.setattr(package, "ZIP_BYTES_MAX", 10)
    with pytest.raises(UsageError, match="and Lambda takes"):
        make_package((project,))
    monkeypatch.setattr(package, "FILES_MAX", 1)
    with pytest.raises(UsageError, match="holds more than 1 files"):
        make_package((project,))
