"""What all parts of the schema are made of: a mapping of known keys, and values that are more than text."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from bgp2vpc.config.schema import aws_fields, fields
from bgp2vpc.prefix import IPAddress, Prefix

_SECONDS = {"unit": "seconds"}  # for the reference of keys
Seconds: TypeAlias = Annotated[float, Field(ge=0, le=fields.LONGEST, allow_inf_nan=False, json_schema_extra=_SECONDS)]
Period: TypeAlias = Annotated[float, Field(gt=0, le=fields.LONGEST, allow_inf_nan=False, json_schema_extra=_SECONDS)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Name: TypeAlias = Annotated[str, AfterValidator(fields.name)]


def text_schema(pattern: str = "") -> WithJsonSchema:
    """What editors are told of a value that is text with a meaning."""
    return WithJsonSchema({"type": "string", "pattern": pattern} if pattern else {"type": "string"})


Cidr: TypeAlias = Annotated[Prefix, PlainValidator(fields.cidr), text_schema()]
Address: TypeAlias = Annotated[IPAddress | None, PlainValidator(fields.address), text_schema()]
VpcId: TypeAlias = Annotated[str, PlainValidator(aws_fields.vpc_id), text_schema("^vpc-[0-9a-f]+$")]
Regexp: TypeAlias = Annotated[re.Pattern[str], PlainValidator(fields.regexp), text_schema()]
TEXT_OR_LIST = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Texts: TypeAlias = Annotated[tuple[str, ...], PlainValidator(fields.texts), TEXT_OR_LIST]
Hook: TypeAlias = Annotated[tuple[str, ...], PlainValidator(fields.hook), TEXT_OR_LIST]
Program: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(fields.command),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class BaseEntry(BaseModel):
    """A mapping of known keys. A key without a value counts as not given, so that its lines may be commented out."""

    # Built at the first use, only the whole file's model gets a validator: a start takes 0.1 s of CPU less.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        keys = {field.alias or key for key, field in cls.model_fields.items()}
        # Errors name no model, and their reporter wants to know which keys were possible: see messages.py.
        if isinstance(info.context, dict):
            info.context[id(value)] = cls
        return {key: item for key, item in value.items() if item is not None or key not in keys}


class NoConfig(BaseEntry):
    """Nothing to configure."""
