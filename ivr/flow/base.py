"""What every part of a flow is made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping in a flow's file: unknown keys are errors; written back under the names of the file."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=False,
    )
