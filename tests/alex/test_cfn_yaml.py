"""Templates are read as CloudFormation reads them, or refused with file, line and reason; nothing else can happen.

The files come from anywhere: a parser that runs what it reads, or hangs, or guesses, is a hole in the pipeline.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import soc2.rules  # noqa: F401 - registers the rules
from alex import cli
from alex.errors import Exit
from alex.policy import cfn_yaml
from soc2.assembly import Assembly
from soc2.judge import evaluate
from soc2.template import TemplateError
from soc2.values import walk

SHORT = """
AWSTemplateFormatVersion: 2010-09-09
Parameters: {Mode: {Type: String}}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::StackName}-plain"
      VersioningConfiguration: {Status: !Ref Mode}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: [!GetAtt Bucket.Arn, !Join ["/", [!GetAtt [Bucket, Arn], "*"]]]
            Condition: {Bool: {"aws:SecureTransport": "false"}}
"""


def test_short_forms_become_long_ones() -> None:
    """Rules know one notation. A date stays text, or a policy's version would be compared with a date."""
    found = cfn_yaml.parse(SHORT, "t.yaml")
    assert found["AWSTemplateFormatVersion"] == "2010-09-09"
    bucket, policy = (found["Resources"][name]["Properties"] for name in ("Bucket", "Policy"))
    assert bucket["BucketName"] == {"Fn::Sub": "${AWS::StackName}-plain"}
    assert policy["Bucket"] == {"Ref": "Bucket"}
    assert policy["PolicyDocument"]["Version"] == "2012-10-17"
    arn = {"Fn::GetAtt": ["Bucket", "Arn"]}
    assert policy["PolicyDocument"]["Statement"][0]["Resource"] == [arn, {"Fn::Join": ["/", [arn, "*"]]}]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!GetAtt Nested.Outputs.Arn", {"Fn::GetAtt": ["Nested", "Outputs.Arn"]}),
        ("!If [Prod, !Ref A, !Ref AWS::NoValue]", {"Fn::If": ["Prod", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}),
        ("!Condition Prod", {"Condition": "Prod"}),
        ("!Not [!Equals [!Ref A, b]]", {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, "b"]}]}),
        ("!Sub ['${X}', {X: !ImportValue y}]", {"Fn::Sub": ["${X}", {"X": {"Fn::ImportValue": "y"}}]}),
        ("!Transform {Name: AWS::Include}", {"Fn::Transform": {"Name": "AWS::Include"}}),
        ("!Base64 text", {"Fn::Base64": "text"}),
        ("!FindInMap [A, !Ref B, C]", {"Fn::FindInMap": ["A", {"Ref": "B"}, "C"]}),
        ("{012345678901: x, yes: 1}", {"012345678901": "x", "yes": 1}),
        ("yes", True),
    ],
)
def test_each_function_and_kind_of_value(short: str, long: Any) -> None:
    """Also nested ones, and keys that look like numbers."""
    text = f"Resources:\n  A:\n    Type: T\n    Properties:\n      P: {short}\n"
    assert cfn_yaml.parse(text, "t.yaml")["Resources"]["A"]["Properties"]["P"] == long


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("missing.json", None, "there is no such file"),
        ("a.json", '{\n "Resources": {,}}', "line 2, column 16"),
        ("a.yaml", "Resources:\n  A: [1", "line 2"),
        ("a.yaml", "Resources:\n  A: {Type: !Python x}", "line 2, column 13: no YAML: !Python is no function"),
        ("a.yaml", "Resources: !!python/object/apply:os.system [ls]", "is no function"),
        ("a.yaml", "a: &a [*a]", "recursive"),
        ("a.json", '{"Resources": {"A": {"Type": "x", "Type": "y"}}}', "'Type' stands twice"),
        ("a.yaml", "Resources: {}\nResources: {}", "'Resources' stands twice"),
        ("a.json", "{}", "no object `Resources`"),
        ("a.json", "[1]", "no object `Resources`"),
        ("a.json", "", "no object `Resources`"),
        ("a.json", '{"Resources": {"A": 1}}', "the resource A has no Type"),
        *(
            (
                "a.json",
                f'{{"Resources": {{"A": {{"Type": "x", "Properties": {wrong}}}}}}}',
                "A has Properties that are no",
            )
            for wrong in ('"oops"', "[1]", "null", "0")
        ),
        (
            "a.yaml",
            "Resources:\n  A:\n    Type: x\n    Properties:\n",
            "the resource A has Properties that are no object",
        ),
        ("a.json", "\xff\xfe", "UTF-8"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", '{"Resources": {}, "x": ' + "[" * 300 + "]" * 300 + "}", "nested too deeply"),
        ("a.json", '{"Resources": ' + "1" * 5000 + "}", "no JSON"),
    ],
)
def test_bad_input_says_where_and_never_ends_in_a_traceback(
    name: str, text: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with file and line where there is one."""
    file = tmp_path / name
    if text is not None:
        file.write_bytes(text.encode("latin-1"))
    assert cli._run(["policy", "check", str(file)]) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said
    assert str(file) in said
    assert "Traceback" not in said


def test_a_text_that_expands_beyond_measure_is_refused() -> None:
    """A kilobyte of anchors stands for a hundred million values."""
    rows = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(TemplateError, match="more than"):
        cfn_yaml.parse("\n".join(["l0: &l0 [x]", *rows]), "bomb.yaml")


def test_a_folder_without_templates_is_bad_input(tmp_path: Path) -> None:
    """ "No findings" for a mistyped folder would be a false comfort."""
    (tmp_path / "settings.json").write_text('{"a": 1}', "utf-8")
    assert cli._run(["policy", "check", str(tmp_path)]) == Exit.BAD_INPUT
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "some.json").write_text('{"Resources": {}}', "utf-8")
    assert cli._run(["policy", "check", str(tmp_path)]) != Exit.BAD_INPUT


@given(
    st.text() | st.text(st.sampled_from("{}[]:,-!&*?|>\"'# \nRefSubResources0.")), st.sampled_from(["a.yaml", "a.json"])
)
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    """Whatever stands in a file: a template, or the one error that the command explains."""
    try:
        found = cfn_yaml.parse(text, name)
    except TemplateError as error:
        said = str(error)
    else:
        assert isinstance(found["Resources"], dict)
        return
    assert said.startswith(name)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_value_in_any_place_gets_a_verdict(data: st.DataObject) -> None:
    """Templates of other people hold what the rules' authors never thought of."""
    template = cfn_yaml.parse(SHORT, "t.yaml")
    places = [path for path, _ in walk(template) if path]
    path = data.draw(st.sampled_from(places))
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [None, [], {}, "", 0, True, -1.5, "text", [None], {"Ref": 1}, {"Fn::If": []}, {"Fn::Sub": {}}]
    )
    at: Any = template
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = data.draw(odd)
    try:
        read = cfn_yaml.parse(json.dumps(template), "t.json")
    except TemplateError:
        return
    assert evaluate(Assembly({"t": read}))
