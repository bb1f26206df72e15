"""Alex's functions: handlers -> agents -> domain, with ports and adapters; knows nothing of CDK.

Libraries are quiet, whatever a function's log level is: at DEBUG they write whole requests and answers, which are
prompts, clients' records, passwords and keys.
"""

import logging

for _library in ("aws_lambda_powertools", "boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)
