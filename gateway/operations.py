"""An operation from its text to its result, if what it asks for is not too much."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from graphql import ExecutionResult
from msgspec import Struct
from msgspec.structs import asdict

from gateway import ftv1
from gateway.context import Context
from gateway.costs import NOBODY, Counter, Noter, Recorder, Wish
from gateway.documents import Documents, Known
from gateway.errors import let_go
from gateway.limits import Allowance, Bounds
from gateway.metering import Meter, Reserved
from gateway.paths import paths
from gateway.persisted import Persisted
from gateway.plan.operation import Operation
from gateway.plan.run import Run
from gateway.plan.timing import timing
from gateway.requests import Parameters
from gateway.tags import Tags
from gateway.telemetry import ids
from gateway.telemetry.reports import Usage
from gateway.telemetry.tallies import ANONYMOUS
from gateway.traces import InlineTrace, Start


class Cost(Struct, frozen=True):
    """What an operation would ask for, in KPIs, and what it may."""

    requested: int
    limit: int


Result = ExecutionResult | Cost
Execute = Callable[[Run], ExecutionResult | Awaitable[ExecutionResult]]


class Terms(NamedTuple):
    """What holds for all operations of a request: what they may have together, and what is asked for beside results.

    ``meter``: where KPIs are charged; ``begun``: when the request began, if its fields are to be timed; ``tagged``:
    whose figures they have is told. ``usage`` is each operation's own.
    """

    allowance: Allowance
    wish: Wish | None = None
    meter: Meter | None = None
    queries_only: bool = False
    begun: Start | None = None
    tagged: bool = False
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Operations:
    documents: Documents
    persisted: Persisted
    bounds: Bounds

    def allowance(self) -> Allowance:
        """Return what all operations of a request may have together."""
        return Allowance(self.bounds)

    def begin(self, parameters: Parameters, context: Context | None, terms: Terms) -> Result | Awaitable[Result]:
        """Run an operation, or only count what it asks for; the result is there at once when nothing is waited for.

        RequestRefused for what cannot be run.
        """
        if terms.tagged and context:
            return self._tagged(parameters, context, terms)
        if parameters.query is not None and self.persisted.is_plain(parameters):
            return self._begin(parameters.query, parameters, context, terms)
        text = self.persisted.text(parameters)
        if not isinstance(text, str):
            return self._looked_up(text, parameters, context, terms)
        result = self._begin(text, parameters, context, terms)
        self.persisted.learn(parameters)
        return result

    async def _tagged(self, parameters: Parameters, context: Context, terms: Terms) -> Result:
        tags = Tags()
        result = self.begin(parameters, replace(context, tags=tags), terms._replace(tagged=False))
        result = await result if isinstance(result, Awaitable) else result
        if isinstance(result, ExecutionResult) and (told := tags.extensions()):
            result.extensions = (result.extensions or {}) | told
        return result

    async def _looked_up(
        self, text: Awaitable[str], parameters: Parameters, context: Context | None, terms: Terms
    ) -> Result:
        result = self._begin(await text, parameters, context, terms)
        return await result if isinstance(result, Awaitable) else result

    def _begin(
        self, text: str, parameters: Parameters, context: Context | None, terms: Terms
    ) -> Result | Awaitable[Result]:
        known = self.documents.operation(
            text, parameters.operation_name, terms.allowance, queries_only=terms.queries_only
        )
        if terms.usage:
            terms.usage.operation = known.operation.name or ANONYMOUS
        run = self.documents.run(known, parameters.variables, context, terms.allowance)
        if told := ids.operation.get():
            told.runs(*self._asked(known))
        trace = InlineTrace(terms.begun) if terms.begun else None
        execute = partial(known.operation.execute, around=timing(trace)) if trace else known.operation.execute
        if terms.wish or self.bounds.may_exceed(known.reach, parameters.variables):
            result: Result | Awaitable[Result] = self._counted(known.operation, execute, run, context, terms)
        elif terms.meter and context and (most := known.reach.most_kpis(parameters.variables)):
            counted = partial(self._counted, known.operation, execute, run, context, terms)
            result = _charged(terms.meter.reserve(most), counted, partial(_noted, execute, run, context))
        else:
            result = execute(run)
        return _traced(result, trace) if trace else result

    def _asked(self, known: Known) -> tuple[str, str | None, Sequence[str]]:
        node = known.operation.node
        fields = paths(node, known.operation.fragments, self.documents.asking)
        return node.operation.value, node.name.value if node.name else None, fields

    async def _counted(
        self, operation: Operation, execute: Execute, run: Run, context: Context | None, terms: Terms
    ) -> Result:
        counter = Counter()
        counted = await _executed(operation.execute, run.again(Context(NOBODY, counter)))
        let_go(counted.errors or ())
        cost = Cost(len(counter.keys), self.bounds.kpis)
        if terms.wish is Wish.VALIDATE:
            return cost
        self.bounds.judge_kpis(cost.requested)
        if terms.meter and context:
            await terms.meter.charge(cost.requested)
        if terms.wish is None:
            return await _executed(execute, run)
        recorder = Recorder(context.loader if context else counter)
        result = await _executed(execute, run.again(replace(context, loader=recorder) if context else None))
        result.extensions = {"cost": asdict(cost) | recorder.report()}
        return result


async def _executed(execute: Execute, run: Run) -> ExecutionResult:
    result = execute(run)
    return result if isinstance(result, ExecutionResult) else await result


def _charged(
    reserved: Reserved | Awaitable[Reserved | None] | None,
    counted: Callable[[], Awaitable[Result]],
    noted: Callable[[Reserved], ExecutionResult | Awaitable[ExecutionResult]],
) -> Result | Awaitable[Result]:
    """Run what as much as it can reach is given for; what is not given as much is counted, and may cost less."""
    if isinstance(reserved, Awaitable):
        return _charged_later(reserved, counted, noted)
    return noted(reserved) if reserved else counted()


async def _charged_later(
    reserved: Awaitable[Reserved | None],
    counted: Callable[[], Awaitable[Result]],
    noted: Callable[[Reserved], ExecutionResult | Awaitable[ExecutionResult]],
) -> Result:
    result = _charged(await reserved, counted, noted)
    return await result if isinstance(result, Awaitable) else result


def _noted(
    execute: Execute, run: Run, context: Context, reserved: Reserved
) -> ExecutionResult | Awaitable[ExecutionResult]:
    noter = Noter(context.loader)
    result = execute(run.again(replace(context, loader=noter)))
    if isinstance(result, Awaitable):
        return _settled(result, noter, reserved)
    reserved.settle(len(noter.keys))
    return result


async def _settled(result: Awaitable[ExecutionResult], noter: Noter, reserved: Reserved) -> ExecutionResult:
    """Charge an operation no more than it asked for, once it is through."""
    try:
        return await result
    finally:
        reserved.settle(len(noter.keys))


async def _traced(result: Result | Awaitable[Result], trace: InlineTrace) -> Result:
    """Put the trace beside an answer: it is written with it, when its errors are."""
    result = await result if isinstance(result, Awaitable) else result
    if isinstance(result, ExecutionResult):
        result.extensions = {**(result.extensions or {}), ftv1.NAME: trace}
    return result
