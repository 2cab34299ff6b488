"""Templates that stand in several files, or make several resources of one: nested stacks, loops
of CloudFormation's, and the files that `serverless.yml` names."""

from __future__ import annotations

import json
import textwrap

import pytest

from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.template import deployment_of, only_source
from sqs_contract.errors import UsageError

QUEUE = "arn:aws:sqs:us-east-1:123456789012"


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return directory


def deployed(path, **given):
    stack = read_stack(path, given)
    return stack, deployment_of(stack, only_source(stack))


# Files that serverless.yml names

SERVERLESS = {
    "serverless.yml": """\
        service: shop
        provider:
          name: aws
          runtime: python3.13
          stage: ${opt:stage, 'dev'}
        custom: ${file(custom.yml)}
        params:
          default: {batch: 7}
          prod: {batch: 9}
        functions:
          - ${file(functions.yml)}
        resources:
          - ${file(resources/queues-${self:provider.stage}.yml)}
          - Outputs: {}
    """,
    "custom.yml": "timeouts: {dev: 42, prod: 50}\n",
    "functions.yml": """\
        worker:
          handler: app.handler
          timeout: ${self:custom.timeouts.${self:provider.stage}}
          events:
            - sqs:
                arn: !GetAtt Queue.Arn
                batchSize: ${param:batch}
    """,
    "resources/queues-dev.yml": """\
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Properties:
              VisibilityTimeout: ${file(resources/times.json):visibility.1}
              DelaySeconds: 3
    """,
    "resources/queues-prod.yml": """\
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Properties:
              VisibilityTimeout: ${file(resources/nowhere.json):visibility, '90'}
    """,
    "resources/times.json": '{"visibility": [30, 60]}',
}


def test_a_service_in_several_files_is_read_as_one(tmp_path):
    stack, found = deployed(write(tmp_path, SERVERLESS) / "serverless.yml")
    assert found.function.timeout_ms == 42_000
    assert found.queue.visibility_timeout_ms == 60_000
    assert found.mapping.batch_size == 7
    assert stack.notes == ()


def test_each_part_knows_its_own_file_and_line(tmp_path):
    stack, _ = deployed(write(tmp_path, SERVERLESS) / "serverless.yml")
    (queue,), (function,) = stack.queues, stack.functions
    assert str(queue.at("DelaySeconds")) == f"{tmp_path}/resources/queues-dev.yml:6"
    assert str(queue.at("VisibilityTimeout")) == f"{tmp_path}/resources/queues-dev.yml:2"
    assert str(function.at("Timeout")) == f"{tmp_path}/functions.yml:3"


def test_parameters_of_stages_may_stand_below_the_stages(tmp_path):
    write(tmp_path, SERVERLESS)
    path = tmp_path / "serverless.yml"
    text = (
        path.read_text()
        .replace("params:\n", "stages:\n")
        .replace("{batch: 7}", "{params: {batch: 8}}")
    )
    path.write_text(text)
    assert deployed(path)[1].mapping.batch_size == 8


def test_the_name_of_a_file_may_hang_on_what_is_given(tmp_path):
    write(tmp_path, SERVERLESS)
    _, found = deployed(tmp_path / "serverless.yml", stage="prod")
    assert found.queue.visibility_timeout_ms == 90_000
    assert found.function.timeout_ms == 50_000
    assert found.mapping.batch_size == 9


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("nowhere.yml", r"and there is no file '.*nowhere\.yml'"),
        ("sizes.js", r"and '.*sizes\.js' is code, which is never executed"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_flag_that_supplies_it(tmp_path, written, why):
    write(tmp_path, {**SERVERLESS, "sizes.js": "module.exports = {batch: 3}"})
    path = tmp_path / "functions.yml"
    path.write_text(path.read_text().replace("${param:batch}", f"${{file({written}):batch}}"))
    flag = rf"give --parameter 'file\({written}\):batch=VALUE'"
    with pytest.raises(UsageError, match=rf"functions\.yml:7: BatchSize .*{why}: {flag}"):
        deployed(tmp_path / "serverless.yml")
    _, found = deployed(tmp_path / "serverless.yml", **{f"file({written}):batch": "3"})
    assert found.mapping.batch_size == 3


def test_resources_in_code_are_named_and_not_guessed(tmp_path):
    write(tmp_path, {**SERVERLESS, "queues.js": ""})
    path = tmp_path / "serverless.yml"
    path.write_text(path.read_text().replace("- Outputs: {}", "- ${file(queues.js)}"))
    (note,) = read_stack(path).notes
    assert note.startswith(f"{path}:14: resources are not read: it hangs on ${{file(queues.js)}}")


def test_a_mistake_in_another_file_is_told_with_that_file_and_line(tmp_path):
    write(tmp_path, SERVERLESS)
    queues = tmp_path / "resources" / "queues-dev.yml"
    whole = queues.read_text()
    queues.write_text(whole.replace("DelaySeconds: 3", "DelaySeconds: soon"))
    with pytest.raises(UsageError, match=r"queues-dev\.yml:6: DelaySeconds .* 'soon'"):
        deployed(tmp_path / "serverless.yml")
    queues.write_text(whole.replace("DelaySeconds: 3", "DelaySeconds: ]"))
    with pytest.raises(UsageError, match=r"queues-dev\.yml:6:\d+ is not YAML"):
        deployed(tmp_path / "serverless.yml")
    queues.write_text(whole.replace("Type:", "Tipe:"))
    with pytest.raises(UsageError, match=r"queues-dev\.yml:2: resource 'Queue' has no Type"):
        deployed(tmp_path / "serverless.yml")


def test_a_file_that_names_itself_ends_in_one_line(tmp_path):
    write(tmp_path, {**SERVERLESS, "custom.yml": "again: ${file(custom.yml)}\n"})
    with pytest.raises(UsageError, match=r"serverless\.yml:6: .* or a file names itself"):
        read_stack(tmp_path / "serverless.yml")


# Loops

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


# Nested stacks

PARENT = """\
    Parameters:
      Wait: {Type: Number, Default: 90}
    Resources:
      Queues:
        Type: AWS::CloudFormation::Stack
        Properties:
          TemplateURL: nested/queues.yaml
          Parameters:
            Wait: !Ref Wait
            DeadLetters: !GetAtt Ends.Outputs.Arn
      Ends:
        Type: AWS::CloudFormation::Stack
        Properties: {TemplateURL: ./nested/ends.yaml}
      Queue:
        Type: AWS::SQS::Queue
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Runtime: python3.13
          CodeUri: src
          Environment: {Variables: {URL: !GetAtt Queues.Outputs.Url}}
          Events:
            In: {Type: SQS, Properties: {Queue: !GetAtt Queues.Outputs.Arn}}
"""
NESTED = {
    "t.yaml": PARENT,
    "nested/queues.yaml": """\
        Parameters:
          Wait: {Type: Number}
          DeadLetters: {Type: String}
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Properties:
              VisibilityTimeout: !Ref Wait
              RedrivePolicy: {deadLetterTargetArn: !Ref DeadLetters, maxReceiveCount: 5}
        Outputs:
          Arn: {Value: !GetAtt Queue.Arn}
          Url: {Value: !Ref Queue}
    """,
    "nested/ends.yaml": """\
        Resources:
          Queue: {Type: AWS::SQS::Queue}
        Outputs:
          Arn: {Value: !GetAtt Queue.Arn}
    """,
}


def test_nested_stacks_are_part_of_the_picture(tmp_path):
    stack, found = deployed(write(tmp_path, NESTED) / "t.yaml")
    names = {queue.id: queue.name for queue in stack.queues}
    assert names == {"Queue": "Queue", "Queues.Queue": "Queues-Queue", "Ends.Queue": "Ends-Queue"}
    assert found.queue.name == "Queues-Queue"
    assert found.queue.visibility_timeout_ms == 90_000
    assert found.queue.max_receive_count == 5
    assert stack.queue_of(f"{QUEUE}:Queues-Queue").redrive.dead_letter_arn == f"{QUEUE}:Ends-Queue"
    assert stack.functions[0].environment["URL"].endswith("/Queues-Queue")
    assert stack.notes == ()


def test_what_a_nested_stack_deploys_knows_its_own_file(tmp_path):
    stack, _ = deployed(write(tmp_path, NESTED) / "t.yaml")
    queue = stack.queue_of(f"{QUEUE}:Queues-Queue")
    assert str(queue.at("VisibilityTimeout")) == f"{tmp_path}/nested/queues.yaml:8"


def test_a_parameter_reaches_a_nested_stack(tmp_path):
    write(tmp_path, NESTED)
    _, found = deployed(tmp_path / "t.yaml", Wait="120")
    assert found.queue.visibility_timeout_ms == 120_000


def test_functions_of_a_nested_sam_application_are_found_with_their_code(tmp_path):
    write(
        tmp_path,
        {
            "template.yaml": """\
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Shop:
                    Type: AWS::Serverless::Application
                    Properties: {Location: shop/template.yaml}
            """,
            "shop/template.yaml": """\
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Queue: {Type: AWS::SQS::Queue}
                  Worker:
                    Type: AWS::Serverless::Function
                    Properties:
                      Handler: app.handler
                      Runtime: python3.13
                      CodeUri: src/
                      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
            """,
            "shop/src/app.py": "def handler(event, context): ...\n",
        },
    )
    stack, found = deployed(tmp_path)
    assert stack.functions[0].id == "Shop.Worker"
    assert stack.functions[0].code.path == tmp_path / "shop" / "src"
    assert found.queue.name == "Shop-Queue"


def test_nested_stacks_of_cdk_are_found_by_their_asset(tmp_path):
    child = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"QueueArn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}},
    }
    parent = {
        "Resources": {
            "Nested": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", "/assets/0"]]}},
                "Metadata": {"aws:asset:path": "Nested.nested.template.json"},
            },
            "Worker": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.handler"}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Nested", "Outputs.QueueArn"]},
                    "FunctionName": {"Ref": "Worker"},
                },
            },
        }
    }
    files = {
        "Shop.template.json": json.dumps(parent),
        "Nested.nested.template.json": json.dumps(child),
    }
    _, found = deployed(write(tmp_path, files))
    assert found.queue.name == "Nested-Queue"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://s3.amazonaws.com/b/queues.yaml", "lies at 'https://s3"),
        ("nested/nowhere.yaml", "and there is no such file"),
        ("!Ref Open", "give --parameter Open=VALUE"),
    ],
)
def test_a_nested_stack_that_cannot_be_read_is_named_and_what_it_puts_out_can_be_given(
    tmp_path, url, why
):
    write(tmp_path, NESTED | {"t.yaml": PARENT.replace("nested/queues.yaml", url, 1)})
    path = tmp_path / "t.yaml"
    stack = read_stack(path)
    assert [note for note in stack.notes if "nested stack Queues" in note and why in note]
    with pytest.raises(UsageError, match=r"give --parameter Queues\.Outputs\.Arn=VALUE"):
        deployed(path)
    _, found = deployed(path, **{"Queues.Outputs.Arn": f"{QUEUE}:far"})
    assert found.queue.name == "far"


def test_a_stack_that_nests_itself_ends_in_one_line(tmp_path):
    own = "Resources:\n  Me:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: t.yaml}\n"
    with pytest.raises(UsageError, match=r"t\.yaml: stacks are nested too deeply"):
        read_stack(write(tmp_path, {"t.yaml": own}) / "t.yaml")


# Modules of Terraform

MODULES = {
    "main.tf": """\
        locals { kinds = ["orders", "invoices"] }
        module "queue" {
          source   = "./queue"
          for_each = toset(local.kinds)
          kind     = each.key
        }
        module "off" {
          source = "./queue"
          count  = 0
          kind   = "off"
        }
        module "one" {
          source = "./queue"
          count  = 1
          kind   = "one"
        }
        module "far" {
          source  = "acme/queue/aws"
          version = "~> 2.0"
          kind    = "far"
        }
        resource "aws_lambda_function" "worker" {
          function_name = "worker"
          environment {
            variables = { ONE = module.one[0].url, FAR = module.far.url }
          }
        }
        resource "aws_lambda_event_source_mapping" "orders" {
          event_source_arn = module.queue["orders"].arn
          function_name    = aws_lambda_function.worker.arn
        }
    """,
    "queue/main.tf": """\
        variable "kind" { type = string }
        resource "aws_sqs_queue" "this" { name = "${var.kind}-queue" }
        output "arn" { value = aws_sqs_queue.this.arn }
        output "url" { value = aws_sqs_queue.this.url }
    """,
}
DOWNLOADED = {
    ".terraform/modules/modules.json": json.dumps(
        {"Modules": [{"Key": "", "Dir": "."}, {"Key": "far", "Dir": ".terraform/modules/far"}]}
    ),
    ".terraform/modules/far/main.tf": MODULES["queue/main.tf"],
}


def test_modules_are_read_as_often_as_they_stand_for(tmp_path):
    stack, found = deployed(write(tmp_path, MODULES | DOWNLOADED))
    assert {queue.id: queue.name for queue in stack.queues} == {
        'module.queue["orders"].aws_sqs_queue.this': "orders-queue",
        'module.queue["invoices"].aws_sqs_queue.this': "invoices-queue",
        "module.one[0].aws_sqs_queue.this": "one-queue",
        "module.far.aws_sqs_queue.this": "far-queue",
    }
    assert found.queue.name == "orders-queue"
    environment = stack.functions[0].environment
    assert environment["ONE"].endswith("/one-queue")
    assert environment["FAR"].endswith("/far-queue")
    assert stack.notes == ()


def test_a_module_that_was_not_downloaded_is_named_with_what_to_do(tmp_path):
    stack, found = deployed(write(tmp_path, MODULES))
    (note,) = stack.notes
    assert note == (
        f"{tmp_path}/main.tf:17: module far is not read: its source 'acme/queue/aws' is not on this "
        "machine: run terraform init, or give what terraform show -json prints"
    )
    assert found.queue.name == "orders-queue"
    assert "give --parameter module.far.url=VALUE" in str(stack.functions[0].environment["FAR"])


@pytest.mark.parametrize("text", ["", "[1]", '{"Modules": 5}', '{"Modules": [{"Key": "far"}]}'])
def test_a_list_of_modules_that_is_broken_is_none(tmp_path, text):
    write(tmp_path, MODULES | {".terraform/modules/modules.json": text})
    assert len(read_stack(tmp_path).notes) == 1
