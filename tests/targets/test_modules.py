"""The handler's modules: imported fresh for a cold start, kept for warm ones."""

from __future__ import annotations

import importlib
import json
import sys
import textwrap

import pytest

from sqs_contract.targets.modules import ModuleSet, is_project_module, project_imports, source_of


@pytest.fixture
def write(in_tmp_path):
    """Writes modules into the working directory; they are forgotten with the test."""
    before = set(sys.modules)

    def write(**modules):
        for name, text in modules.items():
            path = in_tmp_path / (name.replace("__", "/") + ".py")
            if f"{name}__inner" in modules:
                path = in_tmp_path / name / "__init__.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(in_tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def test_every_load_runs_the_project_s_modules_again(write):
    write(stall_a="import stall_b\nstate = []", stall_b="state = []")
    modules = ModuleSet("stall_a")
    first = modules.load()
    first.state.append(1)
    first.stall_b.state.append(1)
    second = modules.load()
    assert second is not first
    assert (second.state, second.stall_b.state) == ([], [])
    assert sys.modules["stall_a"] is second
    assert modules.names == {"stall_a", "stall_b"}


def test_modules_of_the_standard_library_and_installed_ones_are_shared(write):
    write(stall_a="import json, simplejson")
    modules = ModuleSet("stall_a")
    assert modules.load().json is json
    assert modules.load().simplejson is modules.load().simplejson
    assert not is_project_module(json)


def test_what_the_handler_imports_while_it_runs_is_fresh_the_next_time_too(write):
    write(
        stall_a="def late():\n    import importlib\n    return importlib.import_module('stall_late')",
        stall_late="state = []",
    )
    modules = ModuleSet("stall_a")
    modules.load().late().state.append(1)
    assert modules.load().late().state == []


def test_a_package_and_what_is_in_it(write):
    write(
        stall="from stall import inner",
        stall__inner="from . import other\nstate = []",
        stall__other="state = []",
    )
    modules = ModuleSet("stall.inner")
    first = modules.load()
    first.other.state.append(1)
    second = modules.load()
    assert second.other.state == []
    assert sys.modules["stall"].inner is second


def test_shared_modules_are_never_imported_again(write):
    write(stall_a="import stall_store", stall_store="rows = []")
    modules = ModuleSet("stall_a", shared=["stall_store"])
    store = modules.load().stall_store
    store.rows.append(1)
    assert modules.load().stall_store is store


def test_modules_know_where_they_are(write):
    write(stall_a="here = __file__, __name__, __spec__.name")
    modules = ModuleSet("stall_a")
    assert modules.load().here == modules.load().here
    assert modules.load().here[1:] == ("stall_a", "stall_a")


def test_what_an_import_raises_passes_through(write):
    write(stall_a="raise ValueError('at import')")
    with pytest.raises(ValueError, match="at import"):
        ModuleSet("stall_a").load()


def test_imports_are_read_from_the_source_also_those_in_functions(write):
    write(
        stall_a="""
            import json
            def late():
                from stall_b import thing
        """,
        stall_b="import nowhere_at_all",
        stall_c="",
    )
    assert list(project_imports("stall_a")) == ["stall_a", "stall_b"]


def test_relative_imports_are_read_too(write):
    write(
        stall="",
        stall__inner="from . import b\nfrom .c import x",
        stall__b="",
        stall__c="x = 1",
    )
    assert set(project_imports("stall.inner")) == {"stall", "stall.inner", "stall.b", "stall.c"}


def test_a_source_that_is_no_python_imports_nothing(write):
    write(stall_a="this is no python")
    assert list(project_imports("stall_a")) == ["stall_a"]


def test_only_project_modules_have_a_source(write):
    write(stall_a="")
    assert source_of("stall_a").name == "stall_a.py"
    assert source_of("json") is None
    assert source_of("simplejson") is None
    assert source_of("nowhere.at.all") is None


def test_every_load_salts_hash_anew_as_a_new_process_does(write):
    """What `hash` says of a text is the same in one environment, and another in the next;
    numbers have no salt."""
    write(
        salt_a="def of(value):\n    return hash(value)",
    )
    modules = ModuleSet("salt_a")
    first, second = modules.load(), modules.load()
    for value in ("order", b"order", ("order", 1), frozenset({"order"})):
        assert first.of(value) == first.of(value)
        assert first.of(value) != second.of(value), value
    for value in (7, "", (1, 2), 2.0, None):
        assert first.of(value) == second.of(value) == hash(value)


def test_a_module_with_hashes_of_its_own_keeps_python_s(write):
    """A class may be a key beside plain texts, so its hash is to be what dicts compute."""
    write(
        salt_b="""
        class Name(str):
            def __eq__(self, other):
                return self.lower() == other.lower()

            def __hash__(self):
                return hash(self.lower())
        """
    )
    module = ModuleSet("salt_b").load()
    assert {module.Name("Ada"): 1}["ada"] == 1


@pytest.mark.parametrize("statement", ["raise RuntimeError('no settings')", "raise SystemExit(3)"])
def test_a_package_that_cannot_be_imported_has_no_source(in_tmp_path, statement):
    """Whoever imports it is told; to look where a part of it lies is no reason to fail."""
    package = in_tmp_path / "failing_package"
    package.mkdir()
    (package / "__init__.py").write_text(statement, encoding="utf-8")
    (package / "part.py").write_text("", encoding="utf-8")
    assert source_of("failing_package.part") is None


def test_a_library_is_not_imported_to_look_into_it(write, in_tmp_path, monkeypatch):
    """To import it there would be to import it before the world stands."""
    write(stall_a="def late():\n    from far_away.inner import thing")
    package = in_tmp_path / "site-packages" / "far_away"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "inner.py").write_text("thing = 1", encoding="utf-8")
    monkeypatch.syspath_prepend(str(in_tmp_path / "site-packages"))
    assert list(project_imports("stall_a")) == ["stall_a"]
    assert "far_away" not in sys.modules


def test_what_lies_in_a_folder_without_an_init_is_the_project_s(write, in_tmp_path):
    write(stall_a="from loose.inner import thing")
    (in_tmp_path / "loose").mkdir()
    (in_tmp_path / "loose" / "inner.py").write_text("thing = 1", encoding="utf-8")
    assert set(project_imports("stall_a")) == {"stall_a", "loose.inner"}
