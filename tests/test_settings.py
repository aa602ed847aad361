"""Settings: read once, refused in plain words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.settings import PREFIX, Settings, SettingsError
from tests.settings_table import BEGIN, END, README, renewed, table


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(PREFIX + field.upper(), raising=False)


def test_defaults_need_no_environment() -> None:
    settings = Settings.read()
    assert (settings.host, settings.port, settings.upstream_url, settings.graphiql) == ("127.0.0.1", 8000, None, False)


def test_the_environment_sets_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "9000")
    monkeypatch.setenv("GATEWAY_UPSTREAM_FORMAT", "xml")
    monkeypatch.setenv("GATEWAY_GRAPHIQL", "false")
    settings = Settings.read(graphiql=True)
    assert (settings.port, settings.upstream_format, settings.graphiql) == (9000, "xml", True)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GATEWAY_UPSTREAM_URI", "GATEWAY_UPSTREAM_URL"),
        ("GATEWAY_MAX_BODY", "GATEWAY_MAX_BODY_BYTES"),
        ("gateway_prot", "GATEWAY_PORT"),
    ],
)
def test_an_unknown_name_stops_the_start_and_the_nearest_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(SettingsError, match=f"^{name} is not a setting; the nearest is {nearest}$"):
        Settings.read()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PORT", "http", "valid integer"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("UPSTREAM_FORMAT", "yaml", "'json' or 'xml'"),
        ("UPSTREAM_TIMEOUT", "0", "greater than 0"),
        ("UPSTREAM_TIMEOUT", "nan", "less than or equal to 300"),
        ("GRAPHIQL", "perhaps", "valid boolean"),
        ("UPSTREAM_URL", "kpi.internal", "valid URL"),
        ("UPSTREAM_URL", "ftp://kpi.internal", "'http' or 'https'"),
        ("UPSTREAM_URL", "https://", "valid URL"),
        ("UPSTREAM_URL", "https://kpi.internal:80,", "valid URL"),
    ],
)
def test_a_bad_value_is_one_line_that_says_which_what_and_why(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refusal:
        Settings.read()
    assert re.fullmatch(rf"{PREFIX}{name} is '{re.escape(value)}': .*{re.escape(why)}.*", str(refusal.value))


@pytest.mark.parametrize("rest", ["alice:hunter2@kpi.internal", "kpi.internal/?apikey=hunter2", "kpi.internal#hunter2"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, rest: str) -> None:
    monkeypatch.setenv("GATEWAY_UPSTREAM_URL", f"https://{rest}")
    with pytest.raises(SettingsError, match="no user") as refusal:
        Settings.read()
    assert "hunter2" not in str(refusal.value)


OWN = {"UPSTREAM_AUTH": "bearer", "UPSTREAM_TOKEN": "hunter2"}
JWT = {
    "CALLER_AUTH": "jwt", "JWKS_URL": "https://login.test/keys?policy=1", "JWT_ISSUER": "https://login.test/",
    "JWT_AUDIENCE": "kpis",
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (OWN, "GATEWAY_UPSTREAM_AUTH is 'bearer' and GATEWAY_CALLER_AUTH is 'none': whoever reaches"),
        ({"UPSTREAM_AUTH": "bearer"}, "GATEWAY_UPSTREAM_AUTH is 'bearer': GATEWAY_UPSTREAM_TOKEN must be set"),
        (
            {"UPSTREAM_AUTH": "client-credentials", "UPSTREAM_TOKEN_URL": "https://login.test"},
            "GATEWAY_UPSTREAM_AUTH is 'client-credentials': GATEWAY_UPSTREAM_CLIENT_ID, GATEWAY_UPSTREAM_CLIENT_SECRET",
        ),
        ({"UPSTREAM_TOKEN": "x"}, "GATEWAY_UPSTREAM_AUTH is 'forward': GATEWAY_UPSTREAM_TOKEN would not be used"),
        ({"UPSTREAM_SCOPE": "x"}, "GATEWAY_UPSTREAM_AUTH is 'forward': GATEWAY_UPSTREAM_SCOPE would not be used"),
        (OWN | {"UPSTREAM_API_KEY": "k"}, "GATEWAY_UPSTREAM_AUTH is 'bearer': GATEWAY_UPSTREAM_API_KEY would not"),
        ({"UPSTREAM_TOKEN": "hunter 2"}, "GATEWAY_UPSTREAM_TOKEN is (not shown): only printable ASCII"),
        ({"UPSTREAM_API_KEY": ""}, "GATEWAY_UPSTREAM_API_KEY is (not shown): only printable ASCII"),
        ({"UPSTREAM_CLIENT_SECRET": "hunter\n2"}, "GATEWAY_UPSTREAM_CLIENT_SECRET is (not shown): only printable"),
        ({"UPSTREAM_USERNAME": "a:b"}, "GATEWAY_UPSTREAM_USERNAME is 'a:b': "),
        ({"UPSTREAM_TOKEN_URL": "https://a:hunter2@b"}, "GATEWAY_UPSTREAM_TOKEN_URL is (not shown): an address"),
        ({"UPSTREAM_AUTH": "magic"}, "GATEWAY_UPSTREAM_AUTH is 'magic': "),
        (
            {"CALLER_AUTH": "jwt"},
            "GATEWAY_CALLER_AUTH is 'jwt': GATEWAY_JWKS_URL, GATEWAY_JWT_ISSUER, GATEWAY_JWT_AUDIENCE must be set",
        ),
        (JWT | {"JWT_AUDIENCE": ""}, "GATEWAY_JWT_AUDIENCE is '': String should have at least 1 character"),
        ({"JWT_ISSUER": "x"}, "GATEWAY_CALLER_AUTH is 'none': GATEWAY_JWT_ISSUER would not be used"),
        ({"JWT_SCOPE": "x"}, "GATEWAY_CALLER_AUTH is 'none': GATEWAY_JWT_SCOPE would not be used"),
        (JWT | {"ALLOW_ANONYMOUS": "true"}, "GATEWAY_CALLER_AUTH is 'jwt': nobody is anonymous, and GATEWAY_ALLOW_"),
        (
            JWT | {"JWKS_URL": "http://login.test/keys"},
            "GATEWAY_JWKS_URL is 'http://login.test/keys': keys are fetched",
        ),
        (JWT | {"JWKS_URL": "http://127.0.0.1.evil.test/"}, "GATEWAY_JWKS_URL is 'http://127.0.0.1.evil.test/': keys"),
        (JWT | {"JWKS_URL": "https://a:hunter2@login.test"}, "GATEWAY_JWKS_URL is (not shown): an address here has"),
        (JWT | {"JWT_SCOPE": 'kpi:read, kpi:"write"'}, "GATEWAY_JWT_SCOPE is 'kpi:read, kpi:\"write\"': String should"),
        (JWT | {"JWT_SCOPE": "kpi:read  kpi:write"}, "GATEWAY_JWT_SCOPE is 'kpi:read  kpi:write': String should"),
    ],
)
def test_a_credential_is_whole_and_used_and_shown_to_everyone_only_on_purpose(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], line: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refusal:
        Settings.read()
    assert str(refusal.value).startswith(line)
    assert "hunter" not in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        OWN,
        {"UPSTREAM_AUTH": "basic", "UPSTREAM_USERNAME": "key", "UPSTREAM_PASSWORD": ""},
        {"UPSTREAM_AUTH": "api-key", "UPSTREAM_API_KEY": "ak-1"},
        {
            "UPSTREAM_AUTH": "client-credentials", "UPSTREAM_TOKEN_URL": "https://login.test/token?policy=1",
            "UPSTREAM_CLIENT_ID": "id", "UPSTREAM_CLIENT_SECRET": "s", "UPSTREAM_SCOPE": "kpi.read",
        },
    ],
)  # fmt: skip
def test_a_gateway_with_its_own_credential_starts_when_everyone_may_use_it(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in (given | {"ALLOW_ANONYMOUS": "true"}).items():
        monkeypatch.setenv(PREFIX + name, value)
    settings = Settings.read(upstream_url="http://upstream.test")
    assert "hunter2" not in repr(settings)
    assert create_app(settings).routes


@pytest.mark.parametrize(
    "given",
    [
        JWT,
        OWN | JWT,
        JWT | {"JWT_SCOPE": "kpi:read https://kpis.test/kpi.export"},
        *(JWT | {"JWKS_URL": f"http://{host}:9000/keys"} for host in ("localhost", "127.0.0.1", "[::1]", "127.1.2.3")),
    ],
)
def test_a_gateway_that_knows_its_callers_starts_with_any_credential(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    assert create_app(Settings.read(upstream_url="http://upstream.test")).routes


SECRET = "a secret of at least thirty-two characters"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"CACHE_URL": "redis://c"},
            "GATEWAY_CACHE_URL is a shared cache: GATEWAY_CACHE_SECRET must be set",
        ),
        ({"CACHE_URL": "redis://u:hunter2@c", "CACHE_SECRET": "hunter2"}, "GATEWAY_CACHE_SECRET is (not shown): "),
        ({"CACHE_SECRET": SECRET}, "GATEWAY_CACHE_SECRET would not be used"),
        ({"CACHE_URL": "none://", "CACHE_SECRET": SECRET}, "GATEWAY_CACHE_SECRET would not be used"),
        (
            {"CACHE_URL": "redis://c", "ALLOW_ANONYMOUS": "true"} | OWN,
            "GATEWAY_CACHE_URL is a shared cache: GATEWAY_CACHE_SECRET must be set",
        ),
        ({"CACHE_URL": "memcached://c"}, "GATEWAY_CACHE_URL is 'memcached://c': a cache is memory://, none://, or"),
        ({"CACHE_URL": "memory://c"}, "GATEWAY_CACHE_URL is 'memory://c': a cache is"),
        ({"CACHE_URL": "redis://"}, "GATEWAY_CACHE_URL is 'redis://': a cache is"),
        ({"CACHE_URL": "http://u:hunter2@c"}, "GATEWAY_CACHE_URL is (not shown): a cache is"),
        ({"CACHE_TTL": "-1"}, "GATEWAY_CACHE_TTL is '-1': "),
        ({"CACHE_CLOSED_TTL": "86401"}, "GATEWAY_CACHE_CLOSED_TTL is '86401': "),
        ({"CACHE_SETTLE_DAYS": "1.5"}, "GATEWAY_CACHE_SETTLE_DAYS is '1.5': "),
        ({"CACHE_VOUCHED": "nan"}, "GATEWAY_CACHE_VOUCHED is 'nan': "),
        ({"CACHE_STALE": "inf"}, "GATEWAY_CACHE_STALE is 'inf': "),
        ({"CACHE_ENTRIES": "0"}, "GATEWAY_CACHE_ENTRIES is '0': "),
    ],
)
def test_a_cache_that_cannot_be_used_or_would_mix_callers_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], line: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as refusal:
        Settings.read()
    assert str(refusal.value).startswith(line)
    assert "hunter" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["redis://c:port", "redis://c/0?max_connections=many", "redis://c?no_such_option=1", "rediss://[c"]
)
def test_the_address_of_a_shared_cache_is_read_at_the_start(url: str) -> None:
    settings = Settings.read(upstream_url="http://upstream.test", cache_url=url, cache_secret=SECRET)
    with pytest.raises(SettingsError, match=r"^GATEWAY_CACHE_URL \(not shown\): the address cannot be used"):
        create_app(settings)


@pytest.mark.parametrize("url", ["redis://:hunter2@c:6379/3", "rediss://u:hunter2@c", "unix:///run/valkey.sock"])
def test_a_shared_cache_is_opened_without_being_there_and_its_password_is_not_printed(url: str) -> None:
    settings = Settings.read(upstream_url="http://upstream.test", cache_url=url, cache_secret=SECRET)
    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)
    assert create_app(settings).routes


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "x")
    monkeypatch.setenv("GATEWAY_HOST", "::1")
    monkeypatch.setenv("GATEWAY_REQUEST_TIMEOUT", "y")
    with pytest.raises(SettingsError) as refusal:
        Settings.read()
    assert [line.split()[0] for line in str(refusal.value).splitlines()] == ["GATEWAY_PORT", "GATEWAY_REQUEST_TIMEOUT"]


@given(st.text())
def test_no_address_is_too_strange_to_be_refused(text: str) -> None:
    try:
        settings = Settings.read(upstream_url=text)
    except SettingsError as refusal:
        assert str(refusal).startswith("GATEWAY_UPSTREAM_URL is ")  # noqa: PT017  # either is right
    else:
        assert create_app(settings).routes


def test_the_readme_lists_every_setting_with_its_default_and_its_help() -> None:
    text = README.read_text()
    assert text == renewed(text), "`make docs` renews it"
    assert text.count("| `GATEWAY_PORT` | `8000` | The port to listen on; 0 takes a free one. |\n") == 1
    assert "| `GATEWAY_UPSTREAM_URL` | – | Base address" in text


def test_a_text_without_a_place_for_the_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no"):
        renewed(BEGIN)
    assert renewed(f"a\n{BEGIN}old\n{END}b\n").replace(table(), "new\n") == f"a\n{BEGIN}new\n{END}b\n"
