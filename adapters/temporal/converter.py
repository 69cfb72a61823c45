"""Payloads: messages travel as plain JSON, read by their type hints with the domain's codec."""

import json
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)

from domain.codec import from_json, to_json


class _Plain(JSONPlainPayloadConverter):
    def to_payload(self, value: Any) -> Payload | None:
        data = json.dumps(to_json(value), separators=(",", ":")).encode()
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data)

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        data = json.loads(payload.data)
        return data if type_hint is None or type_hint is Any else from_json(type_hint, data)


class _Payloads(CompositePayloadConverter):
    def __init__(self) -> None:
        others = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(c for c in others if not isinstance(c, JSONPlainPayloadConverter)), _Plain()
        )


DATA_CONVERTER = DataConverter(payload_converter_class=_Payloads)
