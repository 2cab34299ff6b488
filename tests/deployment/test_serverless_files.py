"""`serverless.yml` in several files: what it names is read with it, each part with its own place."""

from __future__ import annotations

import pytest
from template_files import deployed, write

from sqs_contract.deployment.readers import read_stack
from sqs_contract.errors import UsageError

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
