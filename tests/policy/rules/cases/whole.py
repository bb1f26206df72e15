"""Everything that is deployed."""

from tests.policy.rules.casework import Case

BUCKET = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}}
NESTED = {
    "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://elsewhere.example/x"}}
}

CASES = [Case("SOC2-TEMPLATE-WHOLE", passing=BUCKET, failing=BUCKET | NESTED)]
