"""The agents: each asks the model one question through the same frame (`answering`), the planner coordinates them."""
