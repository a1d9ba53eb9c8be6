"""EC2's errors that moto does not have.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from moto.ec2.exceptions import EC2ClientError


def internal_error() -> EC2ClientError:
    """InternalError: a failure within EC2."""
    return EC2ClientError("InternalError", "An internal error has occurred")


def invalid_value(message: str) -> EC2ClientError:
    """InvalidParameterValue: a single parameter is wrong."""
    return EC2ClientError("InvalidParameterValue", message)


def missing(message: str) -> EC2ClientError:
    """MissingParameter: a required parameter is missing."""
    return EC2ClientError("MissingParameter", message)


def combination(message: str) -> EC2ClientError:
    """InvalidParameterCombination: parameters that exclude each other."""
    return EC2ClientError("InvalidParameterCombination", message)


def not_found(kind: str, text: str) -> EC2ClientError:
    """`kind`.NotFound, such as InvalidNatGatewayID.NotFound."""
    return EC2ClientError(f"{kind}.NotFound", text)


def malformed(kind: str, value: str, prefix: str) -> EC2ClientError:
    """`kind`.Malformed: the value does not have the form of an id."""
    return EC2ClientError(f"{kind}.Malformed", f'Invalid id: "{value}" (expecting "{prefix}-...")')


def several_interfaces(instance_id: str) -> EC2ClientError:
    """InvalidInstanceID: the instance does not have exactly one interface."""
    return EC2ClientError(
        "InvalidInstanceID",
        f"There are multiple interfaces attached to instance '{instance_id}'. "
        "Please specify an interface ID for the operation instead.",
    )
