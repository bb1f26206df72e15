"""The agents: each asks the model one question through the same frame (`answering`), the planner coordinates them.

No agent framework (AGENT-15): a question, a tool whose schema is the answer, and rules around it
are less code than one.
"""
