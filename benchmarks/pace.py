"""The main job: what happens in it and how fast the outside world moves."""

from domain.facts import FactKind

# What the warehouse and the carrier tell of a parcel that nothing befalls.
FACTS = (
    FactKind.ACCEPTED,
    FactKind.PICKED,
    FactKind.PACKED,
    FactKind.SHIPPED,
    FactKind.IN_TRANSIT,
    FactKind.DELIVERED,
)
SHIPPED = FACTS.index(FactKind.SHIPPED) + 1  # facts told when the parcel has left

# In life facts are hours apart. Without any gap the engine would handle several at once, and both
# jobs would look cheaper than they are.
FACT_GAP_SECONDS = 0.1

RETURN_WINDOW_SECONDS = 0.3
