"""The part of the schema that says how tables of other accounts and regions are reached."""

from typing import Annotated, Self, TypeAlias

from pydantic import Field, PlainValidator, model_validator

from bgp2vpc.config.schema import aws_fields
from bgp2vpc.config.schema.entry import BaseEntry, text_schema

Region: TypeAlias = Annotated[str, PlainValidator(aws_fields.region), text_schema("^[a-z]+(-[a-z]+)+-[0-9]+$")]
RoleArn: TypeAlias = Annotated[
    str, PlainValidator(aws_fields.role_arn), text_schema("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")
]
ExternalId: TypeAlias = Annotated[str, PlainValidator(aws_fields.external_id), text_schema()]


class AccessEntry(BaseEntry):
    """With which role, and in which region, tables are read and written."""

    role_arn: RoleArn | None = Field(
        default=None,
        description="The role to assume, in the account that owns the route tables. Default: this instance's own "
        "credentials.",
        examples=["arn:aws:iam::111122223333:role/bgp2vpc-routes"],
    )
    external_id: ExternalId | None = Field(
        default=None, description="The `sts:ExternalId` that the role's trust policy requires.", examples=["b7c1f0"]
    )
    region: Region | None = Field(
        default=None, description="The region of the VPC. Default: this instance's own.", examples=["eu-west-1"]
    )

    @model_validator(mode="after")
    def _external_id_of_a_role(self) -> Self:
        if self.external_id is not None and self.role_arn is None:
            raise ValueError("external_id is given to a role: add role_arn, or leave external_id out")
        return self


class AccountEntry(AccessEntry):
    """An account and a region, for the rules that name it."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.role_arn is None and self.region is None:
            raise ValueError("needs role_arn (arn:aws:iam::ACCOUNT:role/NAME), or region, or both")
        return self
