"""A warehouse that does as the test says, behind the port; the contract suite holds it to the same
behavior as the real adapters.
"""

from dataclasses import dataclass, field

from ports.outside import OutcomeUnknown, ParcelRequest


@dataclass
class FakeWarehouse:
    """By location: `refuses`, with the code; `silent`, where nothing is done and nothing answered;
    `unheard`, where it is done and nothing is answered.
    """

    parcels: dict[str, ParcelRequest] = field(default_factory=dict)
    cancel_requests: list[str] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    mute: bool = False  # does not answer a request to cancel
    _unseen: set[str] = field(default_factory=set)

    async def submit(self, parcel: ParcelRequest) -> str:
        name = parcel.fulfillment_order
        self.attempts.append(name)
        if parcel.location in self.silent:
            raise OutcomeUnknown(name)
        if name in self._unseen:
            return "already_canceled"
        if name not in self.parcels and parcel.location in self.refuses:
            return self.refuses[parcel.location]
        self.parcels[name] = parcel
        if parcel.location in self.unheard:
            raise OutcomeUnknown(name)
        return ""

    async def request_cancel(self, fulfillment_order: str) -> bool:
        self.cancel_requests.append(fulfillment_order)
        if self.mute:
            raise OutcomeUnknown(fulfillment_order)
        if fulfillment_order not in self.parcels:
            self._unseen.add(fulfillment_order)
        return fulfillment_order in self.parcels
