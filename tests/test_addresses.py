"""An origin that is named is one that a browser could send; anything else is refused by its name."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.addresses import origins
from gateway.settings import Settings, SettingsError

GOOD = [
    "https://app.example.com", "http://localhost:3000", "https://xn--bcher-kva.example", "http://127.0.0.1:8080",
    "http://[::1]:5173", "capacitor://localhost", "https://a", "http://a_b.example:443", "https://example.com:80",
]  # fmt: skip
BAD = [
    "*", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/graphql", "https://",
    "https://App.example.com", "HTTPS://app.example.com", "https://app.example.com:443", "http://app.example.com:80",
    "https://*.example.com", "https://app.example.com:0", "https://app.example.com:65536", "https://app.example.com:",
    "https://user@app.example.com", "https://app.example.com?x", "https://app.example.com#x", "https://bücher.example",
    "https://app.example.com https://example.com", "https://app.example.com;https://example.com", "//app.example.com",
]  # fmt: skip


@pytest.mark.parametrize("origin", GOOD)
def test_what_a_browser_sends_can_be_named(origin: str) -> None:
    assert origins(origin) == [origin]


@pytest.mark.parametrize("origin", BAD)
def test_what_no_browser_sends_is_refused_by_its_name(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin as browsers name it") as refusal:
        origins(f"https://app.example.com, {origin}")
    assert f"'{origin}'" in str(refusal.value)


@given(st.lists(st.sampled_from(GOOD)), st.sampled_from([",", ", ", " ,", ",,"]))
def test_a_list_is_read_whole_and_in_its_order(named: list[str], between: str) -> None:
    assert origins(between.join(named)) == named


@given(st.text())
def test_nothing_is_too_strange_to_be_judged(text: str) -> None:
    try:
        assert all("://" in origin and "*" not in origin for origin in origins(text))
    except ValueError as refusal:
        assert "is no origin" in str(refusal)  # noqa: PT017  # either is right


@given(st.ip_addresses(), st.integers(1, 65535).filter(lambda port: port != 443))
def test_an_address_can_be_named(address: object, port: int) -> None:
    host = f"[{address}]" if isinstance(address, IPv6Address) else f"{address}"
    assert origins(f"https://{host}:{port}") == [f"https://{host}:{port}"]


@pytest.mark.parametrize("origin", ["*", "https://app.example.com/"])
def test_the_setting_is_named_when_one_of_its_origins_is_none(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", f"https://example.com,{origin}")
    with pytest.raises(SettingsError) as refusal:
        Settings.read()
    line = str(refusal.value)
    assert line.startswith(f"GATEWAY_CORS_ORIGINS is 'https://example.com,{origin}': '{origin}' is no origin")
