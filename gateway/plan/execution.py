"""Running a plan: from an operation whose variables are coerced to its result."""

from collections.abc import Awaitable

from graphql import ExecutionResult

from gateway.plan.run import Run
from gateway.plan.selection import Objects, Selection


def execute(plan: Selection, run: Run) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Run a plan; the result is there at once when nothing has to be waited for."""
    run.answer.data = data = plan.blank.copy()
    plan.fill(run, Objects([None], [data], [None]))
    return _finished(run) if run.is_waiting else _result(run)


async def _finished(run: Run) -> ExecutionResult:
    await run.finish()
    return _result(run)


def _result(run: Run) -> ExecutionResult:
    return ExecutionResult(run.answer.data, run.answer.errors or None)
