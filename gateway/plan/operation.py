"""An operation of a validated document, ready to be run again and again: its variables, its plans."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any
from weakref import proxy

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfoHelpers,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    VariableValues,
    default_field_resolver,
    default_type_resolver,
    execute_root_selection_set,
    separate_operations,
)
from graphql.execution.collect_fields import FragmentDetails

from gateway.nodes import within
from gateway.plan.compiling import Unplanned, compile_query
from gateway.plan.execution import execute
from gateway.plan.run import Run
from gateway.plan.selection import Selection
from gateway.plan.timing import Around
from gateway.plan.types import may_wait
from gateway.plan.variables import Variables

_MOST_PLANS = 16
_CONDITIONS = {"skip", "include"}
_INTROSPECTION = {"__schema", "__type"}

Switches = tuple[object, ...]
"""The values of the variables in @skip and @include."""


class Operation:
    """Has a plan for each of the first ``_MOST_PLANS`` combinations of switches; None where plans do not carry it."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode, *, hide_suggestions: bool
    ) -> None:
        self.node = node
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._definitions = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._fragments = {name: FragmentDetails(node, None) for name, node in self._definitions.items()}
        self._variables = Variables(schema, node.variable_definitions or (), hide_suggestions=hide_suggestions)
        is_alone = len(self._definitions) == len(document.definitions) - 1  # then all that there is belongs to it
        own = document if is_alone else separate_operations(document)[node.name.value if node.name else ""]
        nodes = list(within(own))
        directives = (each for each in nodes if isinstance(each, DirectiveNode))
        self._switches = tuple(dict.fromkeys(name for each in directives for name in _condition_variables(each)))
        fields = {each.name.value for each in nodes if isinstance(each, FieldNode)}
        self._is_planned = not fields & _INTROSPECTION and not may_wait(schema)
        self._plans: dict[Switches, Selection | None] = {}

    @property
    def name(self) -> str:
        """Its name in the document, empty when it has none."""
        return self.node.name.value if self.node.name else ""

    @property
    def most_plans(self) -> int:
        """How many plans it may come to have."""
        return min(_MOST_PLANS, 1 << len(self._switches))

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        return self._definitions

    def run(self, variables: dict[str, Any], context: object) -> Run | list[GraphQLError]:
        """Return a run that can be executed, with the variables coerced; the errors of those that do not fit."""
        values = self._variables.coerced(variables)
        return values if isinstance(values, list) else Run(values, context, self._executor)

    def execute(self, run: Run, around: Around | None = None) -> ExecutionResult | Awaitable[ExecutionResult]:
        """Execute by a plan, of this run alone if there is anything ``around`` its fields; else by graphql-core."""
        plan = self._compiled(run, around) if around else self._plan(run)
        return execute(plan, run) if plan else execute_root_selection_set(run.executor)

    def plan(self) -> None:
        """Compile the plan of a run without variables, before anybody waits for it."""
        self._plan(Run(VariableValues({}, {}), None, self._executor))

    def _executor(self, variables: VariableValues, context: object) -> Executor[Any]:
        executor: Executor[Any] = Executor(
            self._schema,
            self._definitions,
            self._fragments,
            None,
            context,
            self.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            hide_suggestions=self._hide_suggestions,
        )
        executor.async_helpers = _helpers(proxy(executor))
        return executor

    def _plan(self, run: Run) -> Selection | None:
        switches = tuple(run.variables.coerced.get(name) for name in self._switches)
        if switches in self._plans:
            return self._plans[switches]
        plan = self._compiled(run)
        if len(self._plans) < _MOST_PLANS:
            self._plans[switches] = plan
        return plan

    def _compiled(self, run: Run, around: Around | None = None) -> Selection | None:
        try:
            return compile_query(run.executor, around) if self._is_planned else None
        except (Unplanned, GraphQLError, RecursionError):
            return None


def _helpers(executor: Executor[Any]) -> GraphQLResolveInfoHelpers:
    """Return an executor's helpers, which do not keep it: with its own methods for them it is a ring."""

    def gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
        return executor.gather_async_work(values)

    def track(values: Sequence[Any]) -> None:
        executor.track_async_work(values)

    return GraphQLResolveInfoHelpers(gather, track)


def _condition_variables(node: DirectiveNode) -> Iterator[str]:
    if node.name.value in _CONDITIONS:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value
