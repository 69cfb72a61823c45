"""What the world is told of a parcel that is no journal entry: where it goes was told wrongly."""

from dataclasses import dataclass

from domain.facts import Package


@dataclass(frozen=True, slots=True)
class Relabeled:
    """All packages of a parcel that was shipped, with carriers and tracking numbers as they are."""

    fulfillment_order: str
    packages: tuple[Package, ...]


RELABELED = "parcel.relabeled"
PARCEL_NEWS: dict[str, type[Relabeled]] = {RELABELED: Relabeled}
