"""Loops of CloudFormation (`Fn::ForEach`), and what macros make: several resources of one."""

from __future__ import annotations

import pytest
from template_files import QUEUE, deployed, write

from sqs_contract.deployment.readers import read_stack
from sqs_contract.errors import UsageError

LOOPS = """\
    Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
    Parameters:
      Names: {Type: CommaDelimitedList, Default: "orders,invoices"}
    Resources:
      Fn::ForEach::Services:
        - Name
        - !Ref Names
        - ${Name}Queue:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: !Sub ${Name}-queue
              VisibilityTimeout: 60
          ${Name}Worker:
            Type: AWS::Serverless::Function
            Properties:
              Handler: app.handler
              Runtime: python3.13
              CodeUri: src
              Environment: {Variables: {KIND: !Ref Name}}
              Events:
                In:
                  Type: SQS
                  Properties:
                    Queue: !GetAtt
                      - !Sub ${Name}Queue
                      - Arn
"""


def test_a_loop_makes_what_it_makes_on_aws(tmp_path):
    stack = read_stack(write(tmp_path, {"t.yaml": LOOPS}) / "t.yaml")
    assert [queue.name for queue in stack.queues] == ["orders-queue", "invoices-queue"]
    assert {(one.id, one.environment["KIND"]) for one in stack.functions} == {
        ("ordersWorker", "orders"), ("invoicesWorker", "invoices"),
    }  # fmt: skip
    assert {mapping.source for mapping in stack.mappings} == {
        f"{QUEUE}:orders-queue", f"{QUEUE}:invoices-queue",
    }  # fmt: skip
    assert {queue.place.line for queue in stack.queues} == {8}
    assert {queue.at("VisibilityTimeout").line for queue in stack.queues} == {12}
    assert stack.notes == ()


def test_a_loop_goes_over_what_is_given(tmp_path):
    write(tmp_path, {"t.yaml": LOOPS.replace(', Default: "orders,invoices"', "")})
    stack = read_stack(tmp_path / "t.yaml", {"Names": "mail"})
    assert [function.id for function in stack.functions] == ["mailWorker"]


def test_a_loop_over_something_open_is_named_with_the_flag_that_supplies_it(tmp_path):
    text = (
        LOOPS.replace(', Default: "orders,invoices"', "") + "      Other:\n        Type: A::B::C\n"
    )
    (note,) = read_stack(write(tmp_path, {"t.yaml": text}) / "t.yaml").notes
    assert note == (
        f"{tmp_path}/t.yaml:5: Fn::ForEach::Services is not expanded: it hangs on parameter "
        "'Names', which has no default: give --parameter Names=VALUE"
    )


def test_loops_may_stand_in_loops_and_in_properties(tmp_path):
    text = """\
        Resources:
          Fn::ForEach::Outer:
            - Stage
            - [dev, eu-1]
            - Fn::ForEach::Inner:
                - Kind
                - [a, b]
                - "Queue&{Stage}${Kind}":
                    Type: AWS::SQS::Queue
                    Properties:
                      Fn::ForEach::Times:
                        - What
                        - [VisibilityTimeout, DelaySeconds]
                        - ${What}: 60
    """
    stack = read_stack(write(tmp_path, {"t.yaml": text}) / "t.yaml")
    names = ["Queuedeva", "Queuedevb", "Queueeu1a", "Queueeu1b"]
    assert [queue.id for queue in stack.queues] == names
    assert {(queue.visibility_timeout_s, queue.delay_s) for queue in stack.queues} == {(60, 60)}


@pytest.mark.parametrize(
    ("loop", "told"),
    [
        ("[Name, [a, b]]", "must be an identifier, what it goes over, and a mapping"),
        ("[Name, [a, b], {Queue: {Type: AWS::SQS::Queue}}]", "makes 'Queue' again"),
        ("[Name, [a], {'${Name}': {Tipe: x}}]", "resource 'a' has no Type"),
    ],
)
def test_a_loop_that_is_wrong_is_told_in_one_line_with_the_place(tmp_path, loop, told):
    text = f"Resources:\n  Fn::ForEach::All:\n    {loop}\n"
    with pytest.raises(UsageError) as refused:
        read_stack(write(tmp_path, {"t.yaml": text}) / "t.yaml")
    assert told in str(refused.value)
    assert f"{tmp_path}/t.yaml:" in str(refused.value)


def test_loops_that_would_fill_the_machine_are_refused(tmp_path):
    text = (
        "Resources:\n  Fn::ForEach::A:\n"
        + "".join(
            f"{'  ' * (2 * depth + 2)}- V{depth}\n{'  ' * (2 * depth + 2)}- [{', '.join('abcdefghij')}]\n"
            f"{'  ' * (2 * depth + 2)}- Fn::ForEach::B{depth}:\n"
            for depth in range(5)
        ).removesuffix("Fn::ForEach::B4:\n")
        + "${V0}${V1}${V2}${V3}${V4}: {Type: A::B::C}\n"
    )
    with pytest.raises(UsageError, match="loops make more than"):
        read_stack(write(tmp_path, {"t.yaml": text}) / "t.yaml")


def test_what_macros_make_is_named_and_the_rest_is_read(tmp_path):
    text = """\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Queue: {Type: AWS::SQS::Queue}
          Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/more.yaml}}
          Worker:
            Type: AWS::Serverless::Function
            Properties: {Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}}
    """
    stack, found = deployed(write(tmp_path, {"t.yaml": text}) / "t.yaml")
    assert found.queue.name == "Queue"
    assert stack.notes == (
        f"{tmp_path}/t.yaml:4: Fn::Transform is not run: what it makes is not in the picture",
    )
