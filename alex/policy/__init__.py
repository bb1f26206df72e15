"""The rules from the command line: any templates, in JSON or YAML, judged and shown."""
