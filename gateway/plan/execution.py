"""Running a plan: from an operation whose variables are coerced to its result."""

from collections.abc import Awaitable
from typing import Any

from graphql import ExecutionResult, Executor

from gateway.plan.run import Run
from gateway.plan.selection import Objects, Selection


def execute(plan: Selection, executor: Executor[Any]) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Run the plan of the executor's operation; the result is there at once when nothing has to be waited for."""
    run, data = Run(executor), plan.blank.copy()
    run.answer.data = data
    plan.fill(run, Objects([executor.root_value], [data], [None]))
    return _finished(run) if run.is_waiting else _result(run)


async def _finished(run: Run) -> ExecutionResult:
    await run.finish()
    return _result(run)


def _result(run: Run) -> ExecutionResult:
    return ExecutionResult(run.answer.data, run.answer.errors or None)
