"""Bring the catalogues up to date with the source: extract, merge, compile, and say what is missing.

    python tlsparse/locale/make.py           writes the .po and the .mo; status 1 if a translation is missing
    python tlsparse/locale/make.py --check   writes nothing; status 1 if anything would change or is missing

Needs Babel, of the extra ``dev``. README.md beside this file tells how to translate.

What is translated is the first argument of ``Text``, ``advice``, ``Phrase`` and ``translate``. It is a literal, or
leads to literals: a name set before, a table of the module, a choice between two. Where it does not, that is an error:
nobody could translate it. In a module named `phrases` every constant is said.
"""

from __future__ import annotations

import ast
import io
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LOCALE = Path(__file__).parent
PACKAGE = LOCALE.parent

SAYERS = ("Text", "advice", "Phrase", "translate")
"""Whose first argument is a template."""

HOMES = ("tlsparse.language", "tlsparse.diagnosis.finding")
"""Where these are defined, which handle templates that were extracted elsewhere."""

STAPLE = ("unsuccessful", "unknown")

Place = tuple[str, int]  # file in the package, line


class _Catalogue(Catalog):
    """A catalogue whose header says what gettext reads, and nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The lines of the header."""
        return [("Language", str(self.locale)), ("Content-Type", "text/plain; charset=utf-8")]

    @mime_headers.setter
    def mime_headers(self, value: Iterable[tuple[str, str]]) -> None:
        raise AttributeError("the header follows from the language alone")


class Unresolved(Exception):
    """A template that leads to no literal."""


# --- What there is to translate -----------------------------------------------------------------------


def extract(package: Path = PACKAGE) -> dict[str, list[Place]]:
    """Return every text of the package that is said in other languages, with where it stands."""
    found: dict[str, list[Place]] = {}
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if (
            f"tlsparse.{name.removesuffix('.py').replace('/', '.')}" in HOMES
            or path.parent == LOCALE
        ):
            continue
        for line, template in templates(path.read_text("utf-8"), name):
            found.setdefault(template, []).append((name, line))
    for template, place in vocabulary(package):
        found.setdefault(template, []).append(place)
    return {template: places for template, places in found.items() if template.strip()}


def vocabulary(package: Path = PACKAGE) -> Iterator[tuple[str, Place]]:
    """Yield the words for ids, and the causes."""
    from tlsparse.diagnosis.finding import Severity, Who
    from tlsparse.handshake.outcome import Outcome, Step
    from tlsparse.trust.chain import GRAVITY

    contract = (*get_args(Who), *get_args(Outcome), *get_args(Step), *Severity)
    for code in (*contract, *STAPLE, *GRAVITY):
        yield code.replace("_", " "), ("locale/make.py", 1)
    yield ", ", ("language.py", 1)
    causes = tomllib.loads((package / "diagnosis" / "causes.toml").read_text("utf-8"))
    for words in causes.values():
        for text in (words["title"], words["meaning"]):
            yield text, ("diagnosis/causes.toml", 1)


def templates(source: str, name: str = "") -> Iterator[tuple[int, str]]:
    """Yield each template of a module with its line.

    Raises
    ------
    Unresolved
        If one leads to no literal.
    """
    module = ast.parse(source)
    if name.rpartition("/")[2] == "phrases.py":
        yield from _constants(module)
    sayers = _sayers(module)
    for scope, call in _calls(module, module):
        if isinstance(call.func, ast.Name) and call.func.id in sayers and call.args:
            try:
                texts = list(dict.fromkeys(_Literals(module, scope).of(call.args[0])))
            except Unresolved as error:
                raise Unresolved(
                    f"{name}:{call.lineno}: what is said here is no literal and leads to none ({error}); "
                    "write it into the call, or into a table of the module"
                ) from None
            for text in texts:
                yield call.lineno, text


def _constants(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what the constants of a module come to."""
    for node in module.body:
        if isinstance(node, ast.Assign):
            for text in _Literals(module, module).of(node.value):
                yield node.lineno, text


def _sayers(module: ast.Module) -> set[str]:
    """Return the names by which a module says something: those of `SAYERS` that it imports."""
    return {
        alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module in HOMES
        for alias in node.names
        if alias.name in SAYERS
    }


Scope = ast.Module | ast.FunctionDef


def _calls(node: ast.AST, scope: Scope) -> Iterator[tuple[Scope, ast.Call]]:
    """Yield each call with the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield scope, child
        yield from _calls(child, child if isinstance(child, ast.FunctionDef) else scope)


class _Literals:
    """What an expression may come to, as far as it is written down in the module."""

    def __init__(self, module: ast.Module, scope: Scope) -> None:
        self._module = module
        self._scope = scope

    def of(self, node: ast.expr, place: int | None = None) -> Iterator[str]:
        """Yield the texts of an expression, or of its element at a place."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Constant(value=None):
                pass
            case ast.Tuple(elts=elements) if place is not None:
                yield from self.of(elements[place])
            case ast.Dict(values=values):
                for value in values:
                    yield from self.of(value, place)
            case ast.IfExp(body=body, orelse=other):
                yield from self.of(body, place)
                yield from self.of(other, place)
            case ast.BoolOp(values=values):
                for value in self._truths(values):
                    yield from self.of(value, place)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from (a + b for a in self.of(left) for b in list(self.of(right)))
            case ast.JoinedStr(values=values):
                yield from self._joined(values)
            case ast.FormattedValue(value=value):
                yield from self.of(value)
            case ast.Subscript(value=table):
                yield from self.of(table, place)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(space)), attr="join")):
                if space.strip():
                    raise Unresolved(ast.unparse(node))  # else whole sentences, one after the other
            case ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp(elt=element), *default]):
                for value in (element, *default):
                    yield from self.of(value, place)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions():
                yield from self._returned(self._functions()[name], place)
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *default]):
                yield from self.of(table, place)
                for value in default:
                    yield from self.of(value, place)
            case ast.Attribute(attr="title" | "meaning"):
                pass  # of a cause; `vocabulary` has them all
            case ast.Attribute(attr=field):
                yield from self._fields(field)
            case ast.Name(id=name):
                yield from self._named(name, place)
            case _:
                raise Unresolved(ast.unparse(node))

    def _truths(self, values: list[ast.expr]) -> list[ast.expr]:
        """Return the operands of ``and`` or ``or`` that may be a text: what is only asked about is none."""
        kept: list[ast.expr] = []
        for value in values:
            if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.And):
                kept += self._truths(value.values[-1:])
            else:
                kept.append(value)
        return kept

    def _joined(self, values: list[ast.expr]) -> Iterator[str]:
        if not values:
            yield ""
            return
        tails = list(self._joined(values[1:]))
        for head in self.of(values[0]):
            yield from (head + tail for tail in tails)

    def _fields(self, field: str) -> Iterator[str]:
        """Yield what the instances of a class of this module, made in it, have in a field."""
        found = False
        for node in self._module.body:
            if not isinstance(node, ast.ClassDef):
                continue
            fields = [
                a.target.id
                for a in node.body
                if isinstance(a, ast.AnnAssign) and isinstance(a.target, ast.Name)
            ]
            if field in fields:
                found = True
                yield from self._made_with(node.name, fields.index(field), field)
        if not found:
            raise Unresolved(field)

    def _made_with(self, name: str, index: int, field: str) -> Iterator[str]:
        for _, call in _calls(self._module, self._module):
            if isinstance(call.func, ast.Name) and call.func.id == name:
                given = call.args[index : index + 1]
                given += [k.value for k in call.keywords if k.arg == field]
                for value in given:
                    yield from self.of(value)

    def _named(self, name: str, place: int | None) -> Iterator[str]:
        """Yield what a name is set to: in the function, by who calls it, else in the module."""
        for scope in (self._scope, self._module):
            found = list(self._assigned(scope, name))
            for value, inner in found:
                yield from self.of(value, place if inner is None else inner)
            if found:
                return
            if isinstance(scope, ast.FunctionDef) and name in _parameters(scope):
                yield from self._given(scope, name, place)
                return
        raise Unresolved(name)

    def _assigned(self, scope: Scope, name: str) -> Iterator[tuple[ast.expr, int | None]]:
        """Yield each value that a name is set to, with its place in it where several names are set at once."""
        for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else scope.body:
            values: list[ast.expr] = []
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets, values = node.targets, [node.value]
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                targets, values = [node.target], [node.value]
            elif isinstance(node, ast.For | ast.comprehension):
                targets, values = [node.target], self._elements(node.iter)
            for target in targets:
                for place in _places(target, name):
                    yield from ((value, place) for value in values)

    def _elements(self, node: ast.expr) -> list[ast.expr]:
        """Return what is gone through, if it is written down there or is a table of the module."""
        if isinstance(node, ast.Name):
            tables = [value for value, _ in self._assigned(self._module, node.id)]
            return [element for table in tables for element in self._elements(table)]
        return node.elts if isinstance(node, ast.Tuple | ast.List) else []

    def _given(self, function: ast.FunctionDef, name: str, place: int | None) -> Iterator[str]:
        """Yield what the callers of a function give it under a name."""
        index, found = _parameters(function).index(name), False
        for scope, call in _calls(self._module, self._module):
            if isinstance(call.func, ast.Name) and call.func.id == function.name:
                given = call.args[index : index + 1]
                given += [k.value for k in call.keywords if k.arg == name]
                for value in given:
                    found = True
                    yield from _Literals(self._module, scope).of(value, place)
        if not found:
            raise Unresolved(name)

    def _returned(self, function: ast.FunctionDef, place: int | None) -> Iterator[str]:
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from _Literals(self._module, function).of(node.value, place)

    def _functions(self) -> dict[str, ast.FunctionDef]:
        return {node.name: node for node in self._module.body if isinstance(node, ast.FunctionDef)}


def _parameters(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _places(target: ast.expr, name: str) -> Iterator[int | None]:
    """Yield where a name stands among what is set."""
    if isinstance(target, ast.Name) and target.id == name:
        yield None
    elif isinstance(target, ast.Tuple):
        for place, element in enumerate(target.elts):
            if isinstance(element, ast.Name) and element.id == name:
                yield place


# --- The catalogues -----------------------------------------------------------------------------------


def languages() -> list[Path]:
    """Return the folder of each language."""
    return sorted(path.parent for path in LOCALE.glob("*/LC_MESSAGES"))


def merged(found: Mapping[str, list[Place]], old: Catalog, language: str) -> Catalog:
    """Make the catalogue of what there is to translate, with the translations that there are."""
    catalogue = _Catalogue(
        locale=language,
        fuzzy=False,
        header_comment="# What tlsparse says, in another language. README.md tells how to work on it.",
    )
    for template, places in found.items():
        was = old.get(template)
        # Lines are left out: every edit of the source would change the catalogue.
        files = [(name, 0) for name in dict.fromkeys(name for name, _ in places)]
        catalogue.add(template, was.string if was and not was.fuzzy else "", locations=files)
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """Write a catalogue as text."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, include_lineno=False, sort_by_file=False)
    return buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Compile a catalogue to what gettext reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def read_catalogue(folder: Path) -> Catalog:
    """Read the catalogue of a language; an empty one if there is none yet."""
    path = folder / "LC_MESSAGES" / "tlsparse.po"
    if not path.exists():
        return Catalog(locale=folder.name)
    with path.open("rb") as file:
        return read_po(file, locale=folder.name)


def missing(catalogue: Catalog) -> list[str]:
    """Return what has no translation yet."""
    return [str(m.id) for m in catalogue if m.id and not m.string]


def make(folder: Path, *, check: bool) -> bool:
    """Bring one catalogue up to date; tell whether nothing is left to do."""
    old = read_catalogue(folder)
    catalogue = merged(extract(), old, folder.name)
    compiled = folder / "LC_MESSAGES" / "tlsparse.mo"
    current = (
        _strings(catalogue) == _strings(old)  # how it is laid out may differ with Babel's version
        and compiled.exists()
        and compiled.read_bytes() == as_mo(catalogue)
    )
    if not current and check:
        print(f"the catalogue {folder.name} is not current", file=sys.stderr)
    elif not current:
        (folder / "LC_MESSAGES" / "tlsparse.po").write_bytes(as_po(catalogue))
        compiled.write_bytes(as_mo(catalogue))
    lacking = missing(catalogue)
    for template in lacking:
        print(f"{folder.name} lacks: {template}", file=sys.stderr)
    return not lacking and (current or not check)


def _strings(catalogue: Catalog) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in [*catalogue, *catalogue.obsolete.values()] if m.id}


if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE.parent))  # not a package that is installed
    results = [make(folder, check="--check" in sys.argv[1:]) for folder in languages()]
    sys.exit(0 if all(results) else 1)
