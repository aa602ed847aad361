"""Where in an operation its fields are that ask for something, by the fields' own names, not by clients' for them."""

from collections.abc import Collection, Mapping, Sequence

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode


def paths(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], asking: Collection[str]
) -> Sequence[str]:
    """Return the paths, as in ``customers.kpi``, in the order of the alphabet.

    A fragment is gone through once at each path, however often it is spread there.
    """
    found, spread = set[str](), set[tuple[str, str]]()
    left = [("", operation.selection_set)]
    while left:
        path, selected = left.pop()
        for node in selected.selections:
            below, within = path, getattr(node, "selection_set", None)
            if isinstance(node, FieldNode):
                below = f"{path}.{node.name.value}".removeprefix(".")
                found |= {below} if node.name.value in asking else set()
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, path) not in spread:
                spread.add((node.name.value, path))
                within = fragments[node.name.value].selection_set
            if within:
                left.append((below, within))
    return sorted(found)
