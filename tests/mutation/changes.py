"""The changes: what mutmut makes of the functions of a file, and how one is put in place of the function that runs."""

import difflib
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

import libcst as cst
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode


@dataclass(frozen=True)
class Function:
    """A function or method of a file, without its decorators."""

    path: Path
    qualname: str
    source: str

    def __str__(self) -> str:
        return f"{self.path.stem}.{self.qualname}"

    def live(self) -> FunctionType:
        """The function that the program calls."""
        found = importlib.import_module(".".join(self.path.with_suffix("").parts))
        for part in self.qualname.split("."):
            found = inspect.getattr_static(found, part)
        found = getattr(found, "fget", found)  # a property's
        return getattr(found, "__func__", found)  # a class method's


@dataclass(frozen=True)
class Change:
    """A function with one expression or statement replaced by another. `number`: two changes may come to the same."""

    function: Function
    number: int
    source: str

    def lines(self) -> tuple[str, str]:
        """What is written in the function, and what instead, each on one line."""
        diff = list(difflib.ndiff(self.function.source.splitlines(), self.source.splitlines()))
        old, new = (" ".join(line[2:].strip() for line in diff if line[0] == sign) for sign in "-+")
        return old, new

    def apply(self) -> None:
        """From now on the program runs the changed code."""
        live = self.function.live()
        scope = dict(live.__globals__)
        exec(compile(self.source, self.function.path, "exec"), scope)
        changed = scope[live.__name__]
        live.__code__, live.__defaults__ = changed.__code__, changed.__defaults__
        live.__kwdefaults__ = changed.__kwdefaults__


class _Visitor(MutationVisitor):
    """mutmut's, which would leave out functions with decorators, and so all properties."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.FunctionDef) and super()._skip_node_and_children(node)


def changes_of(path: Path) -> Iterator[Change]:
    """Every change of a function in this file; what stands outside of functions is not changed."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
    visitor = _Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
    functions = {node: Function(path, qualname, _code(node)) for qualname, node in _functions(wrapper.visit(visitor))}
    for number, each in enumerate(visitor.mutations):
        node = each.contained_by_top_level_function
        if node in functions:
            yield Change(functions[node], number, _code(node.deep_replace(each.original_node, each.mutated_node)))


def _functions(module: cst.Module) -> Iterator[tuple[str, cst.FunctionDef]]:
    for node in module.body:
        if isinstance(node, cst.FunctionDef):
            yield node.name.value, node
        if isinstance(node, cst.ClassDef):
            for inner in node.body.body:
                if isinstance(inner, cst.FunctionDef):
                    yield f"{node.name.value}.{inner.name.value}", inner


def _code(function: cst.FunctionDef) -> str:
    return cst.Module([function.with_changes(decorators=[], leading_lines=[])]).code
