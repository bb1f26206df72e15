"""The base of what the API gives back (see `answers`)."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An answer; built from records by name. What does not fit is a fault of ours, told without the record's values."""

    model_config = ConfigDict(from_attributes=True, hide_input_in_errors=True)
