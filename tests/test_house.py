"""The house's own laws, as far as a program can see them.

Each test takes one module of the package, so that a failure names the file. What a room may import
of another is import-linter's to check; see the contracts in pyproject.toml.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tlsparse"
MODULES = sorted(PACKAGE.rglob("*.py"))
NEAR_THE_BYTES = ("pcap", "net", "flow", "tls", "dtls", "prelude", "quic", "handshake")
ARRAYS_AND_TABLES = {"numpy", "pandas", "numba", "matplotlib"}

every_module = pytest.mark.parametrize(
    "module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)


def public_definitions(
    tree: ast.Module | ast.ClassDef, within: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Yield each public function, class and method with its dotted name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield within + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node, f"{within}{node.name}.")


def imported_on_sight(tree: ast.Module) -> set[str]:
    """Return the packages that the import of a module imports, not those inside functions."""
    statements = list(tree.body)
    packages: set[str] = set()
    while statements:
        match statements.pop():
            case ast.Import(names=names):
                packages |= {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                packages.add(module.partition(".")[0])
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case ast.If(body=body, orelse=other) | ast.Try(body=body, orelse=other):
                statements += [*body, *other]
    return packages


def is_overloaded(node: ast.AST) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id in {"overload", "override"}
        for decorator in getattr(node, "decorator_list", ())
    )


def test_there_are_modules_to_look_at():
    assert PACKAGE / "__init__.py" in MODULES


@every_module
def test_module_opens_with_its_theory(module):
    assert ast.get_docstring(ast.parse(module.read_text("utf-8")))


@every_module
def test_module_is_named_for_a_noun_that_was_found(module):
    assert module.stem not in {"utils", "util", "helpers", "helper", "common", "base", "misc"}


@every_module
def test_every_public_name_has_a_docstring(module):
    tree = ast.parse(module.read_text("utf-8"))

    assert [] == [
        name
        for name, node in public_definitions(tree)
        if not ast.get_docstring(node) and not is_overloaded(node)
    ]


@every_module
def test_no_handler_catches_everything(module):
    """One bad flow is caught by name; what has no name is a fault of ours and must be seen."""
    caught = [
        ast.unparse(handler.type) if handler.type else "everything"
        for handler in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(handler, ast.ExceptHandler)
    ]

    assert set() == {"everything", "Exception", "BaseException"} & set(caught)


@every_module
def test_nothing_is_left_to_be_done(module):
    text = module.read_text("utf-8")

    assert [] == [word for word in ("TODO", "FIXME", "XXX") if word in text]


@pytest.mark.parametrize(
    "module",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in NEAR_THE_BYTES],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_rooms_near_the_bytes_need_no_arrays_or_tables_to_be_imported(module):
    """A small capture is diagnosed without numpy, pandas or a compiler."""
    tree = ast.parse(module.read_text("utf-8"))

    assert set() == ARRAYS_AND_TABLES & imported_on_sight(tree)
