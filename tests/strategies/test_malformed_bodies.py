"""Malformed bodies are malformed, each in the way its note says, and can all arrive."""

from __future__ import annotations

import base64
import gzip
import json
import math
import zlib

import pytest
from aws_could_send import check_body
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.bodies.malformed import CATALOGUE, malformed_from
from sqs_contract.strategies import MALFORMED_KINDS, malformed_bodies, message_bodies

ORDER = '{"order_id": "a1", "amount": 5, "items": [], "customer": {"name": "Ann"}, "note": null}'

json_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
json_bodies = st.builds(
    json.dumps, json_values, indent=st.sampled_from([None, 2]), ensure_ascii=st.just(True)
)
json_objects = st.dictionaries(st.text(min_size=1), json_values, min_size=1, max_size=4)
NOT_JSON = object()


def value_of(body):
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NOT_JSON


def value_of_object(body):
    value = value_of(body)
    return value if isinstance(value, dict) else {}


def made_by(kind, body):
    """What one kind of the catalogue makes of a body."""
    (found,) = [entry for entry in CATALOGUE if entry.name == kind]
    value = value_of(body)
    if found.needs_object and not isinstance(value, dict):
        return []
    return [made for made in found.make(body, value) if made.body != body]


@given(malformed_bodies())
def test_a_malformed_body_is_one_sqs_delivers(body):
    """What SQS refuses never reaches a handler, so it is no test of one."""
    check_body(body)


@given(json_bodies)
def test_what_is_made_of_a_good_body_is_one_sqs_delivers(body):
    for made in malformed_from(body):
        check_body(made.body)


@given(json_bodies)
@example("42")
@example('{"a": 1}' + " " * 9)
@example("{ }")
@example("[]")
def test_no_malformed_body_means_the_same_as_the_good_one(body):
    """Else a handler that does its work is blamed for it."""
    good = value_of(body)
    for made in malformed_from(body):
        spoilt = value_of(made.body)
        assert spoilt is NOT_JSON or spoilt != good or type(spoilt) is not type(good), made


@given(json_bodies)
@example("42")
@example("12.75")
@example('{"a": 1}' + " " * 9)
def test_a_body_that_is_cut_off_is_no_json(body):
    """The half of `42` is a number as good as any: that is nothing to reject."""
    for made in made_by("truncated", body):
        assert body.startswith(made.body)
        assert value_of(made.body) is NOT_JSON, made


@given(json_bodies)
def test_not_json_and_blank_are_no_json(body):
    for kind in ("not-json", "blank"):
        for made in made_by(kind, body):
            assert value_of(made.body) is NOT_JSON


@given(json_bodies)
def test_double_encoded_holds_the_body_as_text(body):
    for made in made_by("double-encoded", body):
        assert value_of(made.body) == body


@given(json_objects.map(json.dumps))
def test_the_wrong_shape_is_no_object(body):
    found = [value_of(made.body) for made in made_by("wrong-shape", body)]
    assert [type(value) for value in found] == [type(None), list, int, str]
    assert [value_of(made.body) for made in made_by("empty-object", body)] == [{}]


@given(json_objects)
def test_a_missing_field_is_missing_and_the_rest_is_there(value):
    body = json.dumps(value)
    found = [value_of(made.body) for made in made_by("missing-field", body)]
    gone = [(set(value) - set(spoilt)).pop() for spoilt in found]
    assert gone == list(value)
    for name, spoilt in zip(gone, found, strict=True):
        assert spoilt == {key: item for key, item in value.items() if key != name}


@given(json_objects)
def test_a_null_field_is_null_and_the_rest_is_as_it_was(value):
    body = json.dumps(value)
    found = [value_of(made.body) for made in made_by("null-field", body)]
    assert len(found) == sum(item is not None for item in value.values())
    for spoilt in found:
        (name,) = [key for key in value if spoilt[key] is None and value[key] is not None]
        assert spoilt == {**value, name: None}


@given(json_objects)
def test_a_field_of_another_type_is_of_another_json_type(value):
    def json_type(item):
        if isinstance(item, bool):
            return "boolean"
        return {dict: "object", list: "array", str: "string", type(None): "null"}.get(
            type(item), "number"
        )

    for made in made_by("wrong-type", json.dumps(value)):
        spoilt = value_of(made.body)
        assert list(spoilt) == list(value)
        changed = [name for name in value if json_type(spoilt[name]) != json_type(value[name])]
        assert len(changed) == 1, made
        assert repr(changed[0]) in made.note


def test_the_notes_say_what_is_wrong():
    """One note for each field and way, in the words a report uses."""
    assert [made.note for made in malformed_from(ORDER)][:8] == [
        "not JSON", "an empty object", "null", "an array", "a number", "a JSON string",
        "cut off in the middle", "blank",
    ]  # fmt: skip
    notes = {made.note for made in malformed_from(ORDER)}
    assert {"field 'amount' is missing", "field 'amount' is null"} <= notes
    assert "field 'note' is null" not in notes  # it was before


def test_the_same_body_gives_the_same_malformed_ones():
    assert list(malformed_from(ORDER)) == list(malformed_from(ORDER))


@pytest.mark.parametrize(
    "body",
    ["", "\x00", "hello", "[" * 100_000, "1" * 5_000, '{"a":' * 300 + "1" + "}" * 300],
    ids=["empty", "NUL", "text", "deep brackets", "long number", "deep object"],
)
def test_nothing_is_made_badly_of_strange_bodies(body):
    """Whatever a body is, the catalogue makes bodies or none, and never fails."""
    for made in malformed_from(body):
        check_body(made.body)


def test_a_text_that_is_no_json_is_only_blanked():
    """Where the good bodies are plain text, another text is as good."""
    assert [made.body for made in malformed_from("hello")] == [" "]


def test_every_malformed_body_of_a_given_one_is_drawn():
    """Nothing of the catalogue is out of reach, and nothing else is drawn."""
    seen = set()

    @settings(max_examples=1_000, database=None)
    @given(malformed_bodies(like=ORDER))
    def collect(body):
        seen.add(body)

    collect()
    assert seen == {made.body for made in malformed_from(ORDER, CATALOGUE)}


@pytest.mark.parametrize(
    "trait",
    [
        pytest.param(lambda body: body == " ", id="blank"),
        pytest.param(lambda body: value_of(body) == {}, id="empty object"),
        pytest.param(lambda body: value_of(body) is None, id="null"),
        pytest.param(lambda body: isinstance(value_of(body), list), id="array"),
        pytest.param(lambda body: value_of(body) is NOT_JSON and body[0] == "{", id="cut off"),
        pytest.param(lambda body: '\\"' in body, id="encoded twice"),
        pytest.param(lambda body: ": null" in body, id="null field"),
        pytest.param(lambda body: "unexpected" in body, id="wrong type"),
    ],
)
def test_every_kind_is_drawn_without_a_body_to_spoil(minimal, trait):
    assert len(minimal(malformed_bodies(), trait)) <= 160


@pytest.mark.parametrize("like", [None, ORDER, "[1, 2]"])
def test_a_malformed_body_shrinks_to_the_plainest_kind(minimal, like):
    assert minimal(malformed_bodies(like=like)) == "not json"


def test_a_spoilt_order_shrinks_to_its_first_field(minimal):
    found = minimal(malformed_bodies(like=ORDER), lambda body: len(value_of_object(body)) > 1)
    assert value_of(found) == {k: v for k, v in json.loads(ORDER).items() if k != "order_id"}


@given(message_bodies(), st.data())
def test_a_drawn_body_can_be_spoilt_too(body, data):
    """`like` takes whatever message_bodies draws."""
    assert data.draw(malformed_bodies(like=body)) != body


@pytest.mark.parametrize("like", [5, b"{}", {"order_id": "a1"}, ["{}"], st.just("{}")])
def test_like_must_be_text(like):
    """A strategy or data in its place is told so at once, with what to write instead."""
    with pytest.raises(InvalidArgument, match=r"like=.* must be the text of a body"):
        malformed_bodies(like=like)


@pytest.mark.parametrize("like", ["", "\x00", "\ud800", "a" * 1_048_577])
def test_like_must_be_a_body_sqs_delivers(like):
    """What SQS refuses is no good body to begin with."""
    with pytest.raises(InvalidArgument, match="like="):
        malformed_bodies(like=like)


def test_a_body_of_which_nothing_malformed_can_be_made_is_refused():
    """A blank body has no blank form; the message names the argument."""
    assert not list(malformed_from(" "))
    with pytest.raises(InvalidArgument, match="like=' ' cannot be spoilt"):
        malformed_bodies(like=" ", kinds=["blank", "not-json"])


def test_a_verification_sends_the_kinds_it_always_did():
    """A verdict must not hang on the catalogue growing: the stranger kinds are for tests that
    ask for them."""
    assert [kind.name for kind in CATALOGUE if kind.injected] == [
        "not-json", "empty-object", "wrong-shape", "truncated", "blank", "double-encoded",
        "missing-field", "null-field", "wrong-type",
    ]  # fmt: skip
    assert list(malformed_from(ORDER)) == list(
        malformed_from(ORDER, [kind for kind in CATALOGUE if kind.injected])
    )


def test_the_names_of_the_catalogue_are_unique():
    assert len(set(MALFORMED_KINDS)) == len(MALFORMED_KINDS) == len(CATALOGUE)


def only(kind, like=ORDER):
    """Every body one kind makes of a good one, drawn by its name."""
    seen = []

    @settings(max_examples=300, database=None)
    @given(malformed_bodies(like=like, kinds=[kind]))
    def collect(body):
        if body not in seen:
            seen.append(body)

    collect()
    return seen


@pytest.mark.parametrize("kind", MALFORMED_KINDS)
def test_every_kind_makes_bodies_sqs_delivers(kind):
    """And none of them means what the good body does."""
    for body in only(kind):
        check_body(body)
        assert value_of(body) != json.loads(ORDER)


@pytest.mark.parametrize("kind", ["lone-surrogate", "control-character", "not-finite"])
def test_raw_values_stand_in_an_object_that_is_as_it_was_otherwise(kind):
    for body in only(kind):
        value = json.loads(body, strict=False)
        changed = [name for name, item in json.loads(ORDER).items() if value[name] != item]
        assert len(changed) == 1, body


def test_a_lone_surrogate_is_escaped():
    """S27: SQS refuses half a pair as it is; escaped, it is six ASCII characters."""
    for body in only("lone-surrogate"):
        assert body.isascii()
        with pytest.raises(UnicodeEncodeError):
            json.loads(body)["order_id"].encode()


def test_control_characters_reach_the_edge_of_what_sqs_takes():
    """S27: the first and the last of every range."""
    text = "".join(only("control-character"))
    assert set("\t\n\r\ud7ff\ue000\ufffd\U00010000\U0010ffff") <= set(text)
    assert "\\u0000" in text


def test_a_mebibyte_is_exactly_that():
    """S23."""
    assert {len(body.encode()) for body in only("mebibyte")} == {1_048_576}
    assert {len(body.encode()) for body in only("mebibyte", "[1]")} == {1_048_576}


def test_numbers_no_double_holds_are_drawn():
    values = [json.loads(body)["amount"] for body in only("not-finite")]
    assert math.inf in values
    assert -math.inf in values
    assert any(math.isnan(value) for value in values)
    assert any("1e400" in body for body in only("not-finite"))
    assert [len(body) > 5_000 for body in only("huge-integer")].count(True) == 1


def test_compressed_and_encoded_bodies_hold_the_good_one():
    """S27: in base64, since bytes are no text SQS takes."""
    good = '{"k": "ÿ"}~>?~>?'
    plain, url_safe = (made.body for made in made_by("base64", good))
    assert base64.b64decode(plain).decode() == good
    assert base64.urlsafe_b64decode(url_safe + "=" * (-len(url_safe) % 4)).decode() == good
    zipped, deflated = only("gzip")
    assert gzip.decompress(base64.b64decode(zipped)).decode() == ORDER
    assert zlib.decompress(base64.b64decode(deflated)).decode() == ORDER


def test_a_key_that_is_there_twice_has_two_values():
    pairs = [json.loads(body, object_pairs_hook=list) for body in only("duplicate-key")]
    assert all(len(found) == len(json.loads(ORDER)) + 1 for found in pairs)
    assert all(len({name for name, _ in found}) == len(json.loads(ORDER)) for found in pairs)


def test_too_deep_is_deeper_than_python_reads():
    for body in only("too-deep"):
        with pytest.raises(RecursionError):
            json.loads(body)


def test_what_is_nearly_json_is_not():
    assert [value_of(body) for body in only("nearly-json")] == [NOT_JSON] * 4


def test_every_field_gets_every_other_json_type():
    types = {
        (name, type(value_of(body)[name]))
        for body in only("other-type")
        for name in ("amount", "order_id")
    }
    assert {kind for name, kind in types if name == "amount"} >= {str, bool, list, dict}
    assert {kind for name, kind in types if name == "order_id"} >= {int, bool, list, dict}


def test_an_extra_field_is_too_many_and_the_rest_is_there():
    for body in only("extra-field"):
        assert json.loads(ORDER).items() <= value_of(body).items()
        assert len(value_of(body)) == len(json.loads(ORDER)) + 1


def test_a_long_body_is_shown_briefly():
    """A failing example does not print a mebibyte; the body is all there nevertheless."""
    (body, _) = only("mebibyte")
    assert len(repr(body)) < 300
    assert "1,048,576 characters" in repr(body)
    assert json.loads(json.dumps(body)) == body


def test_only_the_kinds_named_are_drawn():
    seen = set()

    @given(malformed_bodies(kinds=["blank", "wrong-shape"]))
    def collect(body):
        seen.add(body)

    collect()
    assert seen == {" ", "null", "[]", "42", '"text"'}


def test_the_simplest_is_of_the_first_kind_named(minimal):
    assert minimal(malformed_bodies(kinds=["wrong-shape", "blank"])) == "null"
    assert minimal(malformed_bodies(kinds=["blank", "wrong-shape"], like=ORDER)) == " "


def test_kinds_of_ones_own_are_drawn_beside_those_named(minimal):
    """A function from the good body, or a list."""
    own = {"shouted": lambda good: [good.upper()], "old": ["v1;a1;5"]}
    strategy = malformed_bodies(like=ORDER, kinds=["blank"], extra=own)
    assert minimal(strategy) == " "
    assert minimal(strategy, lambda body: "ORDER_ID" in body) == ORDER.upper()
    assert minimal(malformed_bodies(kinds=[], extra=own), lambda body: ";" in body) == "v1;a1;5"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kinds": ["blnk"]}, "kinds: there is no 'blnk'; known are not-json, empty-object"),
        ({"kinds": "blank"}, "kinds='blank' must be a list of names"),
        ({"kinds": 5}, "kinds=5 must be a list of names"),
        ({"kinds": []}, "must name at least one kind"),
        ({"extra": ["x"]}, "must map names to functions or lists"),
        ({"extra": {"blank": ["x"]}}, "is a kind of the catalogue already"),
        ({"extra": {"mine": "x"}}, "'x'}} must be a function|'x'} must be a function"),
        ({"extra": {"mine": 5}}, "must be a function from a good body"),
    ],
)
def test_a_wrong_kind_is_told_in_one_line(arguments, said):
    with pytest.raises(InvalidArgument, match=said) as caught:
        malformed_bodies(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("made", "said"), [("\x00", "U\\+0000"), (5, "which is no text")])
def test_what_a_kind_of_ones_own_makes_must_be_deliverable(made, said):
    with pytest.raises(InvalidArgument, match=f"extra kind 'mine' made .*{said}"):
        malformed_bodies(like=ORDER, extra={"mine": lambda good: [made]})
