"""Strict shapes of what comes in as JSON: no coercion, limits everywhere, errors by field."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from api.refusals import FieldError, InvalidInput
from domain.money import AMOUNT_MAX
from domain.quantity import QUANTITY_MAX

ERRORS_MAX = 20  # shown; more would not help


class Shape(BaseModel):
    """Whole numbers are whole numbers, texts are texts; further keys are allowed."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def _rfc3339(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("rfc3339", "{why}", {"why": str(error)}) from error
    raise PydanticCustomError("rfc3339", "a time is a text, as 2026-11-22T10:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]
Text = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Url = Annotated[str, Field(max_length=2_000)]
Units = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
MinorUnits = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]

S = TypeVar("S", bound=Shape)


def read_shape(shape: type[S], data: Any) -> S:
    """Refuses (`InvalidInput`) what does not fit, naming each field."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidInput(
            FieldError(".".join(map(str, each["loc"])) or "body", each["msg"])
            for each in found[:ERRORS_MAX]
        ) from error
