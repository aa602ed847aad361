"""The switches: their values, from Python, from text, and from a command line."""

import argparse
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.switches import FAULTS, SwitchError, Switches, add_arguments, from_arguments

DEFAULTS = {
    "routing": "classic",
    "csharp_method": "Get",
    "predefined_routes": "on",
    "api_route": "on",
    "error_body": "emptyDto",
    "auth": "attribute",
    "default_type": "html",
    "not_found": "404",
    "null_item": "{}",
    "cache_response": "off",
    "framework_casing": "camel",
    "debug_mode": "off",
    "latency_item": 0.0,
    "latency_call": 0.0,
    "fail": {},
    "forbidden": {},
    "revoked": [],
    "roleless": [],
    "fault": "none",
    "fault_on": "all",
    "fault_calls": None,
    "fault_body": "empty",
    "retry_after": "none",
    "hang": 60.0,
    "canary": "",
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    add_arguments(made)
    return made


def test_the_defaults_are_the_documented_ones() -> None:
    assert Switches().plain() == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("routing", "Endpoint", "endpoint"),
        ("csharp_method", "any", "Any"),
        ("predefined_routes", "off", False),
        ("api_route", "false", False),
        ("error_body", "responsestatus", "responseStatus"),
        ("auth", "jwt", "jwt"),
        ("default_type", "json", "json"),
        ("not_found", "zeros-200", "zeros-200"),
        ("null_item", "null", "null"),
        ("cache_response", "on", True),
        ("framework_casing", "pascal", "Pascal"),
        ("debug_mode", "true", True),
        ("latency_item", "0.02", 0.02),
        ("latency_call", "1", 1.0),
        ("fail", "7=500, 9=404", {7: 500, 9: 404}),
        ("fail", "none", {}),
        ("forbidden", "demo-a=7+9,demo-b=3", {"demo-a": frozenset({7, 9}), "demo-b": frozenset({3})}),
        ("revoked", "demo-a, demo-b", frozenset({"demo-a", "demo-b"})),
        ("revoked", "none", frozenset()),
        ("roleless", "demo-a", frozenset({"demo-a"})),
        ("fault_on", "batch", "batch"),
        ("fault_calls", "3", 3),
        ("fault_calls", "none", None),
        ("fault_body", "html", "html"),
        ("retry_after", "5", "5"),
        ("retry_after", "date:5", "date:5"),
        ("retry_after", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("hang", "0.5", 0.5),
        ("canary", "db password hunter2", "db password hunter2"),
        ("canary", "none", ""),
        ("forbidden", "none", {}),
        ("roleless", "none", frozenset()),
        ("retry_after", "none", "none"),
        *(("fault", each, each) for each in FAULTS),
    ],
)
def test_each_switch_is_read_from_text_and_from_a_flag(name: str, text: str, value: object) -> None:
    assert getattr(Switches().changed({name: text}), name) == value
    flags = parser().parse_args([f"--{name.replace('_', '-')}={text}"])
    assert from_arguments(flags) == Switches().changed({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("routing", "modern"),
        ("not_found", 403),
        ("api_route", "maybe"),
        ("debug_mode", None),
        ("latency_item", "-1"),
        ("latency_item", "soon"),
        ("latency_call", "nan"),
        ("hang", "inf"),
        ("fail", "7"),
        ("fail", "x=500"),
        ("fail", {7: 200}),
        ("fail", {7: 600}),
        ("fail", [7]),
        ("forbidden", "demo"),
        ("forbidden", {"demo": 7}),
        ("forbidden", {"demo": ["x"]}),
        ("revoked", 7),
        ("fault", "earthquake"),
        ("fault_calls", 0),
        ("fault_calls", "-1"),
        ("fault_calls", "many"),
        ("retry_after", "soon"),
        ("retry_after", "-5"),
        ("retry_after", "date:"),
        ("retry_after", "Wed, 21 Oct 2026 07:28:00 GMT\r\nX-Planted: yes"),
        ("canary", "caf\xe9"),
        ("canary", "two\nlines"),
        ("canary", None),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(name: str, value: object) -> None:
    with pytest.raises(SwitchError, match=rf"^switch {name}: .* is not allowed; allowed: \S"):
        Switches().changed({name: value})


def test_a_wrong_value_is_refused_in_python_too() -> None:
    with pytest.raises(SwitchError, match=r"switch routing: 'modern' is not allowed; allowed: classic \| endpoint"):
        Switches(routing="modern")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("rout", "routing"), ("faults", "fault"), ("latency", "latency_"), ("errorBody", "error_body")],
)
def test_an_unknown_switch_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(SwitchError, match=f"there is no switch '{name}'; did you mean {nearest}"):
        Switches().changed({name: "x"})


def test_an_outlandish_switch_is_refused_with_all_there_are() -> None:
    with pytest.raises(SwitchError, match=r"there is no switch 'zzz'; there are routing, csharp_method, .*"):
        Switches().changed({"zzz": "x"})


def test_dashes_and_capitals_are_the_same_switch() -> None:
    assert Switches().changed({"Fault-On": "batch"}) == Switches(fault_on="batch")


def test_switches_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        Switches().routing = "endpoint"  # type: ignore[misc]  # that it cannot is the test


def test_what_was_handed_in_can_change_without_them() -> None:
    failing = {7: 500}
    switches = Switches(fail=failing)
    failing[8] = 500
    assert switches.fail == {7: 500}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "fail": st.dictionaries(st.integers(1, 99), st.integers(400, 599)),
            "forbidden": st.dictionaries(st.text("demo-ab", min_size=1), st.frozensets(st.integers(1, 9))),
            "revoked": st.frozensets(st.text("demo-ab", min_size=1)),
            "fault": st.sampled_from(FAULTS),
            "fault_calls": st.none() | st.integers(1, 9),
            "latency_item": st.floats(0, 9),
            "debug_mode": st.booleans(),
        },
    )
)
def test_what_is_written_is_read_back(values: dict[str, object]) -> None:
    switches = Switches().changed(values)
    assert Switches().changed(switches.plain()) == switches


def test_every_default_of_the_help_is_taken_by_its_flag() -> None:
    usage = " ".join(parser().format_help().split())
    for each in fields(Switches):
        flag = f"--{each.name.replace('_', '-')}"
        default = usage.partition(f"{flag} VALUE ")[2].partition("(default: ")[2].partition(")")[0]
        assert default
        assert from_arguments(parser().parse_args([flag, default])) == Switches()


@pytest.mark.parametrize("name", ["fail", "forbidden", "revoked", "roleless", "fault_calls", "canary", "retry_after"])
def test_what_can_be_empty_says_so(name: str) -> None:
    [switch] = [each for each in fields(Switches) if each.name == name]
    assert "none" in switch.metadata["kind"].allowed


def test_a_wrong_flag_ends_with_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--auth", "maybe"])
    assert "switch auth: 'maybe' is not allowed; allowed: attribute | " in capsys.readouterr().err


def test_no_flags_are_the_defaults_and_other_arguments_are_left_alone() -> None:
    assert from_arguments(parser().parse_args([])) == Switches()
    assert from_arguments(argparse.Namespace(host="x")) == Switches()
