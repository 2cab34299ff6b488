"""Event patterns: what matches, what does not, and what AWS refuses."""

from __future__ import annotations

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.pattern_operators import PatternRefused
from sqs_contract.model.patterns import compile_pattern

RECORDED = load("event_patterns.json").get("cases", {})


def matches(pattern, event) -> bool:
    return compile_pattern(pattern).matches(event)


@pytest.mark.parametrize(
    ("listed", "value", "expected"),
    [
        (["a"], "a", True),
        (["a"], "A", False),
        (["a", "b"], "b", True),
        ([""], "", True),
        ([1], 1.0, True),
        ([1], True, False),
        ([1], "1", False),
        ([True], True, True),
        ([True], 1, False),
        ([None], None, True),
        ([None], "null", False),
        ([{"exactly": "a"}], "a", True),
        ([{"prefix": "ab"}], "abc", True),
        ([{"prefix": "ab"}], "cab", False),
        ([{"prefix": "ab"}], 12, False),
        ([{"prefix": {"equals-ignore-case": "AB"}}], "abc", True),
        ([{"suffix": "bc"}], "abc", True),
        ([{"suffix": {"equals-ignore-case": "BC"}}], "abcd", False),
        ([{"equals-ignore-case": "Ab"}], "aB", True),
        ([{"equals-ignore-case": "Ab"}], 1, False),
        ([{"anything-but": "a"}], "b", True),
        ([{"anything-but": "a"}], "a", False),
        ([{"anything-but": "a"}], None, True),
        ([{"anything-but": [1, 2]}], 2, False),
        ([{"anything-but": [1, 2]}], 3, True),
        ([{"anything-but": {"prefix": ["a", "b"]}}], "bc", False),
        ([{"anything-but": {"wildcard": "a*c"}}], "abc", False),
        ([{"anything-but": {"equals-ignore-case": "A"}}], "a", False),
        ([{"numeric": ["=", 5]}], 5.0, True),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True),
        ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": ["<", 5]}], "4", False),
        ([{"numeric": [">=", 0]}], True, False),
        ([{"exists": True}], None, True),
        ([{"wildcard": "a*c"}], "ac", True),
        ([{"wildcard": "a*c"}], "abcd", False),
        ([{"wildcard": "a*b*a"}], "aba", True),
        ([{"wildcard": "a*b*a"}], "aca", False),
        ([{"wildcard": "aa*aa"}], "aaa", False),
        ([{"wildcard": "a\\*\\\\"}], "a*\\", True),
        ([{"wildcard": "*"}], 1, False),
        ([{"cidr": "10.0.0.0/8"}], "10.255.0.1", True),
        ([{"cidr": "10.0.0.0/8"}], "11.0.0.1", False),
        ([{"cidr": "10.0.0.0/8"}], "::1", False),
        ([{"cidr": "10.0.0.0/8"}], 10, False),
        (["a", {"numeric": [">", 3]}], 4, True),
        # arrays: any element
        (["a"], ["b", "a"], True),
        (["a"], [["b"], ["a"]], True),
        ([{"anything-but": "a"}], ["a", "b"], True),
        ([{"exists": True}], [], False),
        ([{"exists": False}], [], True),
        ([{"exists": True}], {}, False),
        ([{"exists": True}], {"inner": 1}, False),
    ],
)
def test_a_value(listed, value, expected):
    """S111-S113."""
    assert matches({"field": listed}, {"field": value}) is expected


def test_every_field_must_match():
    pattern = {"a": ["1"], "b": {"c": ["2"]}}
    assert matches(pattern, {"a": "1", "b": {"c": "2"}, "more": 1})
    assert not matches(pattern, {"a": "1", "b": {"c": "3"}})
    assert not matches(pattern, {"a": "1"})


def test_or_takes_any_branch_beside_the_other_fields():
    pattern = {"a": ["1"], "$or": [{"b": ["2"]}, {"c": ["3"], "d": ["4"]}]}
    assert matches(pattern, {"a": "1", "b": "2"})
    assert matches(pattern, {"a": "1", "c": "3", "d": "4"})
    assert not matches(pattern, {"a": "1", "c": "3"})
    assert not matches(pattern, {"b": "2"})


def test_dots_join_names_on_either_side():
    assert matches({"a": {"b": ["x"]}}, {"a.b": "x"})
    assert matches({"a.b": ["x"]}, {"a": {"b": "x"}})


def test_fields_of_an_array_match_in_one_element_of_it():
    """As AWS's own library has it: a first and a last name of two people are nobody's."""
    people = {"people": [{"first": "Anna", "last": "Smith"}, {"first": "John", "last": "Doe"}]}
    assert matches({"people": {"first": ["Anna"], "last": ["Smith"]}}, people)
    assert not matches({"people": {"first": ["Anna"], "last": ["Doe"]}}, people)


def test_many_alternatives_are_no_burden():
    """Forty `$or` in a row are 2**40 combinations, and are never spelt out."""
    pattern: dict = {"last": ["x"]}
    for number in range(40):
        pattern = {"level": pattern, "$or": [{f"a{number}": [1]}, {f"b{number}": [1]}]}
    assert not matches(pattern, {})


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (None, "Filter is not an object"),
        ([], "Filter is not an object"),
        ({}, "Empty objects are not allowed"),
        ({"a": {}}, "Empty objects are not allowed"),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"a": "x"}, '"a" must be an object or an array'),
        ({"a": [["x"]]}, "Match value must be String, number, true, false, or null"),
        ({"a": [{}]}, "Match expression name not found"),
        ({"a": [{"like": 1}]}, "Unrecognized match type like"),
        (
            {"a": [{"prefix": "a", "suffix": "b"}]},
            "Only one key allowed in match expression",
        ),
        ({"a": [{"exists": "yes"}]}, "exists match pattern must be either true or false."),
        (
            {"a": [{"exists": False, "prefix": "x"}]},
            "Only one key allowed in match expression",
        ),
        ({"a": [{"exactly": 1}]}, "exact match pattern must be a string"),
        ({"a": [{"suffix": 1}]}, "suffix match pattern must be a string"),
        (
            {"a": [{"prefix": {"equals-ignore-case": 1}}]},
            "equals-ignore-case match pattern must be a string",
        ),
        ({"a": [{"wildcard": "a**"}]}, "Consecutive wildcard characters at pos 2"),
        ({"a": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 2"),
        ({"a": [{"cidr": "10.0.0.0"}]}, "Malformed CIDR, one '/' required"),
        ({"a": [{"cidr": "10.0.0.0/-1"}]}, "Malformed CIDR, mask bits must not be negative"),
        ({"a": [{"cidr": "10.0.0.0/x"}]}, "Malformed CIDR, mask bits must be an integer"),
        ({"a": [{"cidr": "10.0.0/8"}]}, "Nonstandard IP address: 10.0.0"),
        ({"a": [{"cidr": "10.0.0.0/32"}]}, "IPv4 mask bits must be < 32"),
        ({"a": [{"cidr": 8}]}, "prefix match pattern must be a string"),
        ({"a": [{"numeric": 1}]}, "Value of numeric must be an array."),
        ({"a": [{"numeric": []}]}, "Invalid member in numeric match: ]"),
        ({"a": [{"numeric": ["~", 1]}]}, "Unrecognized numeric range operator: ~"),
        ({"a": [{"numeric": ["=", "1"]}]}, "Value of equals must be numeric"),
        ({"a": [{"numeric": [">", 1, 2, 3]}]}, "Bad value in numeric range: 2"),
        ({"a": [{"numeric": [">", 1, ">", 3]}]}, "Bad numeric range operator: >"),
        ({"a": [{"numeric": [">", 1, "<"]}]}, "Value of < must be numeric"),
        ({"a": [{"numeric": [">", 3, "<", 1]}]}, "Bottom must be less than top"),
        (
            {"a": [{"numeric": [">", 1, "<", 3, "<", 4]}]},
            "Too many terms in numeric range expression",
        ),
        ({"a": [{"numeric": ["<", 1, ">", 3]}]}, "Too many elements in numeric expression"),
        (
            {"a": [{"numeric": ["<", 1], "exists": True}]},
            "Too many elements in numeric expression",
        ),
        (
            {"a": [{"anything-but": True}]},
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            {"a": [{"anything-but": [True]}]},
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            {"a": [{"anything-but": ["a", 1]}]},
            (
                "Inside anything but list, either all values are number or string, mixed type is not "
                "supported"
            ),
        ),
        ({"a": [{"anything-but": {}}]}, "Anything-But expression name not found"),
        (
            {"a": [{"anything-but": {"numeric": ["=", 1]}}]},
            "Unsupported anything-but pattern: numeric",
        ),
        (
            {"a": [{"anything-but": {"prefix": "a", "suffix": "b"}}]},
            "Only one key allowed in match expression",
        ),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        (
            {"a": [{"anything-but": {"prefix": {"suffix": "a"}}}]},
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            {"a": [{"anything-but": {"suffix": [1]}}]},
            "prefix/suffix match pattern must be a string",
        ),
        ({"$or": {}}, "It must be an Array followed with $or."),
        ({"$or": [1, 2]}, "Only JSON object is allowed in array of $or relationship."),
        ({"$or": [{"a": [1]}]}, "There must have at least 2 Objects in $or relationship."),
        (
            {"$or": [{"a": [1]}, {"prefix": ["x"]}]},
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ],
)
def test_a_pattern_aws_refuses(pattern, reason):
    with pytest.raises(PatternRefused) as refused:
        compile_pattern(pattern)
    assert refused.value.reason == reason
    assert str(refused.value) == f"Event pattern is not valid. Reason: {reason}"


def test_too_many_wildcards_are_too_complex():
    with pytest.raises(PatternRefused, match="Rule is too complex"):
        compile_pattern({"a": [{"wildcard": "*a*b*c*d*e*"}]})


@needs_recordings
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_on_aws(name):
    """Match, no match, or the refusal in AWS's words."""
    case = RECORDED[name]
    if case["expect"] == "error":
        with pytest.raises(PatternRefused) as refused:
            compile_pattern(case["EventPattern"])
        assert refused.value.code == case["error"]["Code"]
        assert str(refused.value) == case["error"]["Message"]
    else:
        assert matches(case["EventPattern"], case["Event"]) is (case["expect"] == "match")
