"""Which settings go together: the credential of the gateway's own, and how callers prove who they are."""

from collections.abc import Collection, Iterator, Mapping, Sequence

PREFIX = "GATEWAY_"

NEEDED: Mapping[str, Sequence[str]] = {
    "forward": (),
    "bearer": ("upstream_token",),
    "api-key": ("upstream_api_key",),
    "basic": ("upstream_username", "upstream_password"),
    "client-credentials": ("upstream_token_url", "upstream_client_id", "upstream_client_secret"),
}
"""What each way of showing a credential needs."""

_NEEDED_OF_CALLERS: Mapping[str, Sequence[str]] = {"none": (), "jwt": ("jwks_url", "jwt_issuer", "jwt_audience")}


def named(field: str) -> str:
    return PREFIX + field.upper()


def listed(fields: Sequence[str]) -> str:
    return ", ".join(named(field) for field in fields)


def disagreements(given: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with the values together: what is not whole, or not used, or shows all to everyone unawares.

    One of them is enough: what else is said may follow from the first.
    """
    scoped = {"upstream_scope"} if given["upstream_auth"] == "client-credentials" else set()
    yield from _wholeness(given, "upstream_auth", NEEDED, {"upstream_scope"}, scoped)
    checked = {"jwt_scope"} if given["caller_auth"] == "jwt" else set()
    yield from _wholeness(given, "caller_auth", _NEEDED_OF_CALLERS, {"jwt_scope"}, checked)
    if given["caller_auth"] == "jwt" and given["allow_anonymous"]:
        yield f"{named('caller_auth')} is 'jwt': nobody is anonymous, and {named('allow_anonymous')} would not be used"
    if given["caller_auth"] == "none" and given["upstream_auth"] != "forward" and not given["allow_anonymous"]:
        yield (
            f"{named('upstream_auth')} is '{given['upstream_auth']}' and {named('caller_auth')} is 'none': whoever "
            f"reaches the gateway would see what its credential sees. Set {named('caller_auth')}=jwt or, if that is "
            f"meant, for instance behind a proxy that knows its callers, {named('allow_anonymous')}=true"
        )


def _wholeness(
    given: Mapping[str, object],
    way: str,
    needed: Mapping[str, Sequence[str]],
    optional: Collection[str],
    taken: Collection[str],
) -> Iterator[str]:
    """Compare what is set with what the way needs, or may have besides."""
    wanted = needed[str(given[way])]
    told = f"{named(way)} is '{given[way]}': "
    if missing := [name for name in wanted if given[name] is None]:
        yield f"{told}{listed(missing)} must be set"
    known = {name for names in needed.values() for name in names} | set(optional)
    if unused := sorted(name for name in known - set(wanted) - set(taken) if given[name] is not None):
        yield f"{told}{listed(unused)} would not be used"
