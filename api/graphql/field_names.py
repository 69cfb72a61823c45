"""GraphQL's names of what the parsers behind it, which are the intake's, name in their own way."""

from strawberry.utils.str_converters import to_camel_case

_OTHER_NAMES = {
    "order": "channelRef",
    "customer.ref": "customerRef",
    "customer.email": "shipTo.email",
    "customer.phone": "shipTo.phone",
    "payment.reference": "payment.paidReference",
    "target": "fulfillmentOrder",
}


def in_schema(field: str) -> str:
    """`lines.0.unitPrice` of `lines.0.unit_price`."""
    return _OTHER_NAMES.get(field) or to_camel_case(field)
