"""Intrinsic functions of CloudFormation: worked out, or named with the flag that supplies them."""

from __future__ import annotations

import pytest

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.values import Unresolved

TEMPLATE = {
    "Parameters": {
        "Stage": {"Type": "String", "Default": "dev"},
        "Open": {"Type": "String"},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/ami"},
    },
    "Mappings": {"Sizes": {"dev": {"batch": 5}, "prod": {"batch": 10}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Equals": [{"Ref": "Open"}, "x"]}]},
        "Unknown": {"Fn::Equals": [{"Ref": "Open"}, "x"]},
        "Circle": {"Condition": "Circle"},
    },
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": {"Fn::Sub": "q-${Stage}"}},
        },
        "Fifo": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        "Table": {"Type": "AWS::DynamoDB::Table"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Named": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Open"}}},
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": {"Ref": "Function"}, "Name": "live"},
        },
        "Function": {"Type": "AWS::Lambda::Function"},
        "Setting": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/s", "Value": "v"}},
    },
}
ARN = "arn:aws:sqs:us-east-1:123456789012"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Queue"}, f"{URL}/q-dev"),
        ({"Ref": "Fifo"}, f"{URL}/Fifo.fifo"),
        ({"Ref": "Named"}, f"{URL}/Named"),
        ({"Ref": "Table"}, "Table"),
        ({"Ref": "Bucket"}, "bucket"),
        ({"Ref": "Topic"}, "arn:aws:sns:us-east-1:123456789012:Topic"),
        ({"Ref": "Alias"}, "arn:aws:lambda:us-east-1:123456789012:function:Function:live"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, f"{ARN}:q-dev"),
        ({"Fn::GetAtt": "Queue.QueueName"}, "q-dev"),
        ({"Fn::GetAtt": ["Setting", "Value"]}, "v"),
        ({"Fn::Sub": "${Queue.Arn}/${!Literal}/${Stage}"}, f"{ARN}:q-dev/${{Literal}}/dev"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Table"}}]}, "Table-dev"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 3]]}, "a-dev-3"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "us-east-1a"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "batch"]}, 5),
        ({"Fn::FindInMap": ["Sizes", "qa", "batch", {"DefaultValue": 7}]}, 7),
        ({"Fn::If": ["IsProd", "big", "small"]}, "small"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"dev"}'),
        ({"Fn::Length": {"Ref": "Zones"}}, 2),
    ],
)
def test_what_a_template_tells(value, expected):
    assert Resolver(TEMPLATE).resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"Ref": "Open"}, "Open"),
        ({"Fn::Sub": "a-${Open}"}, "Open"),
        ({"Fn::Join": ["", ["a", {"Ref": "Open"}]]}, "Open"),
        ({"Ref": "Ami"}, "Ami"),
        ({"Ref": "Nothing"}, "Nothing"),
        ({"Fn::GetAtt": ["Api", "RootResourceId"]}, "Api.RootResourceId"),
        ({"Fn::GetAtt": ["Nested", "Outputs.Queue"]}, "Nested.Outputs.Queue"),
        ({"Fn::ImportValue": "shared"}, "shared"),
        ("{{resolve:ssm:/shop/key:1}}", "/shop/key"),
        (
            "{{resolve:secretsmanager:shop:SecretString:key}}",
            "secretsmanager:shop:SecretString:key",
        ),
    ],
)
def test_what_it_leaves_open_is_named_with_the_flag_that_supplies_it(value, name):
    """And supplied, it is told."""
    found = Resolver(TEMPLATE).resolve(value)
    assert isinstance(found, Unresolved)
    assert found.flag == f"--parameter {name}=VALUE"
    given = Resolver(TEMPLATE, given={name: "given"}).resolve(value)
    assert isinstance(given, str)
    assert given.endswith("given")


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::If": ["Unknown", 1, 2]},
        {"Fn::If": ["Circle", 1, 2]},
        {"Fn::If": ["NoSuch", 1, 2]},
        {"Fn::Select": [9, ["a"]]},
        {"Fn::Select": [-1, ["a"]]},
        {"Fn::FindInMap": ["Sizes", "qa", "batch"]},
        {"Fn::Join": "no list"},
        {"Fn::Split": [",", 3]},
        {"Fn::Transform": {"Name": "AWS::Include"}},
        {"Fn::Cidr": ["10.0.0.0/16", 1, 8]},
        {"Ref": ["Stage"]},
        {"Fn::GetAtt": "Queue"},
    ],
    ids=str,
)
def test_nothing_is_guessed(value):
    assert isinstance(Resolver(TEMPLATE).resolve(value), Unresolved)


def test_names_of_resources_may_be_worked_out():
    """As language extensions allow: `!GetAtt [!Sub ..., Arn]`."""
    resolver = Resolver(TEMPLATE)
    name = {"Fn::Sub": ["${Q}ueue", {"Q": "Q"}]}
    assert resolver.resolve({"Fn::GetAtt": [name, "Arn"]}) == f"{ARN}:q-dev"
    assert resolver.resolve({"Ref": name}) == f"{URL}/q-dev"
    open_ = resolver.resolve({"Fn::GetAtt": [{"Ref": "Open"}, "Arn"]})
    assert open_ == resolver.resolve({"Ref": {"Ref": "Open"}})
    assert open_.flag == "--parameter Open=VALUE"


def test_a_template_that_is_nested_without_end_is_no_crash():
    value = {"Ref": "Stage"}
    for _ in range(500):
        value = {"Fn::Join": ["", [value]]}
    assert isinstance(Resolver(TEMPLATE).resolve(value), Unresolved)
