"""The source as syntax trees: what each module imports, which classes it defines. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src" / "skystork"
SIMULATOR = ROOT / "sim" / "skystork_sim"


@dataclass(frozen=True)
class Import:
    """One imported module and where."""

    module: str
    """Dotted name; for ``from a import b`` both ``a`` and ``a.b`` are given, since ``b`` may be a module."""
    line: int


@dataclass(frozen=True)
class Module:
    """One file."""

    path: Path
    name: str
    """Relative to its package, without the ending: ``link/codec``."""
    tree: ast.Module
    lines: int

    @property
    def box(self) -> str:
        """The folder of the package it lies in, or its own name where it lies in none."""
        return self.name.split("/", maxsplit=1)[0]

    def imports(self) -> Iterator[Import]:
        """All of them, wherever they stand; ``importlib.import_module("x")`` with a literal counts."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from (Import(each.name, node.lineno) for each in names)
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    yield Import(module, node.lineno)
                    yield from (Import(f"{module}.{each.name}", node.lineno) for each in names)
                case ast.ImportFrom(level=level) if level:
                    yield Import("." * level, node.lineno)
                case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]):
                    yield Import(module, node.lineno)

    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes of the module."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


@lru_cache(maxsize=4)
def modules(folder: Path) -> tuple[Module, ...]:
    """Every module below a folder, in the order of their names."""
    return tuple(_read(path, folder) for path in sorted(folder.rglob("*.py")))


def _read(path: Path, folder: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(folder).with_suffix("").as_posix().removesuffix("/__init__")
    return Module(path, name, ast.parse(text, str(path)), text.count("\n"))


def dataclass_options(node: ast.ClassDef) -> dict[str, bool] | None:
    """Keywords of the ``@dataclass`` decorator; None for a class that is none."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = call.func if call else decorator
        if isinstance(name, ast.Name) and name.id == "dataclass":
            keywords = call.keywords if call else []
            return {k.arg: bool(k.value.value) for k in keywords if k.arg and isinstance(k.value, ast.Constant)}
    return None
