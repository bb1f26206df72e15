"""What a web ACL would do with requests, judged on this machine from the synthesised template (SYS-13).

Rules of ours are evaluated as AWS documents them. AWS publishes no patterns of its managed groups: a small set of our
own stands in for them (`managed`), and every verdict that rests on it says so.
"""
