"""An operation from its text to its result, if what it asks for is not too much."""

from collections.abc import Awaitable
from dataclasses import dataclass

from graphql import ExecutionResult
from msgspec import Struct
from msgspec.structs import asdict

from gateway.context import Context
from gateway.costs import NOBODY, Counter, Recorder, Wish
from gateway.documents import Documents
from gateway.limits import Bounds
from gateway.masking import let_go
from gateway.persisted import Persisted
from gateway.plan.operation import Operation
from gateway.plan.run import Run
from gateway.requests import Parameters


class Cost(Struct, frozen=True):
    """What an operation would ask for, in KPIs, and what it may."""

    requested: int
    limit: int


Result = ExecutionResult | Cost


@dataclass(frozen=True, slots=True)
class Operations:
    documents: Documents
    persisted: Persisted
    bounds: Bounds

    def begin(
        self, parameters: Parameters, context: Context | None, wish: Wish | None, *, queries_only: bool
    ) -> Result | Awaitable[Result]:
        """Run an operation, or only count what it asks for; the result is there at once when nothing is waited for.

        RequestRefused for what cannot be run; ``queries_only``: for anything but a query too.
        """
        if parameters.query is not None and self.persisted.is_plain(parameters):
            return self._begin(parameters.query, parameters, context, wish, queries_only=queries_only)
        return self._persisted(parameters, context, wish, queries_only=queries_only)

    async def _persisted(
        self, parameters: Parameters, context: Context | None, wish: Wish | None, *, queries_only: bool
    ) -> Result:
        text = await self.persisted.text(parameters)
        result = self._begin(text, parameters, context, wish, queries_only=queries_only)
        self.persisted.learn(parameters)
        return await result if isinstance(result, Awaitable) else result

    def _begin(
        self, text: str, parameters: Parameters, context: Context | None, wish: Wish | None, *, queries_only: bool
    ) -> Result | Awaitable[Result]:
        known = self.documents.operation(text, parameters.operation_name, queries_only=queries_only)
        run = self.documents.run(known, parameters.variables, context)
        if wish or self.bounds.may_exceed(known.reach, parameters.variables):
            return self._counted(known.operation, run, context, wish)
        return known.operation.execute(run)

    async def _counted(self, operation: Operation, run: Run, context: Context | None, wish: Wish | None) -> Result:
        counter = Counter()
        counted = await _executed(operation, run.again(Context(NOBODY, counter)))
        let_go(counted.errors or ())
        cost = Cost(len(counter.keys), self.bounds.kpis)
        if wish is Wish.VALIDATE:
            return cost
        self.bounds.judge_kpis(cost.requested)
        if wish is None:
            return await _executed(operation, run)
        recorder = Recorder(context.loader if context else counter)
        result = await _executed(operation, run.again(Context(context.caller, recorder) if context else None))
        result.extensions = {"cost": asdict(cost) | recorder.report()}
        return result


async def _executed(operation: Operation, run: Run) -> ExecutionResult:
    result = operation.execute(run)
    return result if isinstance(result, ExecutionResult) else await result
