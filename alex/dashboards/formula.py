"""The part of CloudWatch's metric maths that the dashboards use: + - * /, SUM([...]), RUNNING_SUM(x), FILL(x, 0)."""

import ast
import operator
from collections.abc import Callable, Mapping

Series = list[float]
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else 0.0,  # CloudWatch draws no point there; a preview draws none either
}


class FormulaError(Exception):
    """An expression beyond what a preview calculates; the text says which part."""


def evaluate(expression: str, named: Mapping[str, Series], *, each: float = 1.0) -> Series:
    """The expression's values over ``named`` series, which are equally long.

    :param each: how many periods one value stands for, where a series shows some of them: a running sum counts all.
    :raises FormulaError: it uses something else, or a series that there is not.
    """
    length = len(next(iter(named.values()), [0.0]))
    return _value(ast.parse(expression, mode="eval").body, named, length, each)


def _value(node: ast.expr, named: Mapping[str, Series], length: int, each: float) -> Series:
    match node:
        case ast.Constant(value=int() | float() as number):
            return [float(number)] * length
        case ast.Name(id=name) if name in named:
            return named[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            pairs = zip(_value(left, named, length, each), _value(right, named, length, each), strict=True)
            return [OPERATORS[type(op)](a, b) for a, b in pairs]
        case ast.Call(func=ast.Name(id="SUM"), args=[ast.List(elts=parts)]) if parts:
            return [sum(values) for values in zip(*(_value(part, named, length, each) for part in parts), strict=True)]
        case ast.Call(func=ast.Name(id="RUNNING_SUM"), args=[part]):
            total, sums = 0.0, []
            for value in _value(part, named, length, each):
                total += value * each
                sums.append(total)
            return sums
        case ast.Call(func=ast.Name(id="FILL"), args=[part, ast.Constant()]):
            return _value(part, named, length, each)
        case _:
            raise FormulaError(f"the preview does not know {ast.unparse(node)}")
