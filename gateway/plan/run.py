"""One run of an operation: the values of its variables, the answer so far, what is waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from inspect import isawaitable
from typing import Any

from graphql import Executor, VariableValues

from gateway.many import one_each
from gateway.plan.places import Answer
from gateway.plan.waiting import Together

Values = Sequence[Any]
"""One for each parent, or for each place; an exception in a value's place is its failure."""

Waiting = Awaitable[Values] | Together


class _Step:
    def __init__(self, values: Waiting, count: int, then: Callable[[Values], None]) -> None:
        self._values = values
        self._count = count
        self._then = then

    def begun(self) -> asyncio.Future[Any]:
        return self._values.begun() if isinstance(self._values, Together) else asyncio.ensure_future(self._values)

    async def taken(self, begun: asyncio.Future[Any] | None = None) -> None:
        """Wait for the values, which may have been begun, and go on with them."""
        try:
            if isinstance(self._values, Together):
                values: Values = self._values.filled(await (begun or self._values.begun()))
            else:
                values = one_each(await (begun or self._values), self._count)
        except Exception as error:  # noqa: BLE001  # a resolver's: it is told where its values would be
            values = [error] * self._count
        self._then(values)


class Run:
    """Steps that wait are taken side by side, each as soon as its own values are there.

    ``context`` is what resolvers are given; ``executor`` makes graphql-core's, which few operations need.
    """

    def __init__(
        self, variables: VariableValues, context: Any, executor: Callable[[VariableValues, Any], Executor[Any]]
    ) -> None:
        self.variables = variables
        self.context = context
        self.answer = Answer()
        self._executor = executor
        self._steps: list[_Step] = []

    def again(self, context: Any) -> "Run":
        """Return another run of the same operation with the same variables."""
        return Run(self.variables, context, self._executor)

    @cached_property
    def executor(self) -> Executor[Any]:
        return self._executor(self.variables, self.context)

    @property
    def is_waiting(self) -> bool:
        return bool(self._steps)

    def when(self, values: Values | Waiting, count: int, then: Callable[[Values], None]) -> None:
        """Go on with the values, now or when they are there; a failure of them all is each one's of ``count``."""
        if type(values) is not list and (isinstance(values, Together) or isawaitable(values)):
            self._steps.append(_Step(values, count, then))
        else:
            then(values)

    async def finish(self) -> None:
        """Take all steps that wait, and those that they bring; whatever ends it early ends them all."""
        begun: dict[_Step, asyncio.Future[Any]] = {}
        try:
            while begun or self._steps:
                if not begun and len(self._steps) == 1:
                    await self._steps.pop().taken()
                    continue
                begun |= self._begun()
                await asyncio.wait(begun.values(), return_when=asyncio.FIRST_COMPLETED)
                for step in [step for step, future in begun.items() if future.done()]:
                    await step.taken(begun.pop(step))
        finally:
            left = [*begun.values(), *self._begun().values()]
            for future in left:
                future.cancel()
            if left:
                await asyncio.gather(*left, return_exceptions=True)

    def _begun(self) -> dict[_Step, asyncio.Future[Any]]:
        steps, self._steps = self._steps, []
        return {step: step.begun() for step in steps}
