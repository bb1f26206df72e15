"""What an auditor gets: the report, OSCAL, the signature, the control matrix; all made from evidence.json."""
