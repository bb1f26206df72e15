"""The one package that touches ministack's private places; see `touches.py` for the list."""
