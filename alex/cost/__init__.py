"""`alex cost`: what an environment would cost a month, and what a change does to that."""
