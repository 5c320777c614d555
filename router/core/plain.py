"""Finds the templates that need no Jinja: names in text, `or`, `and`, `not`, `if`, `min` and `max`."""

from __future__ import annotations

from typing import TypeAlias

from jinja2 import nodes

from router.core.rendering import AND, CHOICE, CONSTANT, LEAST, MOST, NAME, NOT, OR, TEXT, VALUE, Program


def plain(template: str, tree: nodes.Template) -> Program | None:
    """Return the program of a template that `Rendering` renders as Jinja would, or None."""
    parts = [each for node in tree.body for each in _outputs(node)]
    if any(each is None for each in parts):
        return None
    found = [each for each in parts if each is not None]
    if len(found) == 1 and template.startswith("{{") and template.endswith("}}"):
        return (VALUE, found[0])
    return (TEXT, tuple(found))


_Part: TypeAlias = Program | None


def _outputs(node: nodes.Node) -> list[_Part]:
    if not isinstance(node, nodes.Output):
        return [None]
    return [
        (CONSTANT, each.data) if isinstance(each, nodes.TemplateData) else _expression(each)
        for each in node.nodes
    ]


def _expression(node: nodes.Node) -> _Part:
    if isinstance(node, nodes.Name):
        return (NAME, node.name)
    if isinstance(node, nodes.Const) and isinstance(node.value, str | bool | int | None):
        return (CONSTANT, node.value)
    if isinstance(node, nodes.Not):
        return _with(NOT, node.node)
    if isinstance(node, nodes.Or | nodes.And):
        return _with(OR if isinstance(node, nodes.Or) else AND, node.left, node.right)
    if isinstance(node, nodes.Filter) and node.name in (LEAST, MOST) and isinstance(node.node, nodes.List):
        return None if node.args or node.kwargs else _with(node.name, *node.node.items)
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        return _with(CHOICE, node.test, node.expr1, node.expr2)
    return None


def _with(kind: str, *children: nodes.Node) -> _Part:
    found = [_expression(each) for each in children]
    return (kind, *found) if found and None not in found else None
