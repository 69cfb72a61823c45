"""What happens to the order of a basket besides being delivered, by its place in the stream.

By place, not by chance, so that even a small demo has some of each.
"""

from enum import StrEnum

from orderloom.demo.journey import ODD_EVERY

PERIOD = 4 * ODD_EVERY


class Story(StrEnum):
    STRAIGHT = "straight"
    HELD_APPROVED = "held_approved"  # review holds it for its prices; an agent approves
    HELD_REJECTED = "held_rejected"
    HELD_CANCELED = "held_canceled"  # the customer does not wait for the agent
    DECLINED_RETRIED = "declined_retried"  # the card is declined; another one pays
    CHALLENGED = "challenged"  # the cardholder has to confirm at the bank
    PAID_AT_CHANNEL = "paid_at_channel"
    SHORT = "short"  # a unit is missing everywhere
    OVERRIDDEN = "overridden"  # a supervisor sends it from somewhere else
    DECLINED_CANCELED = "declined_canceled"  # the card is declined; the customer gives up
    RETURNED = "returned"  # the first unit comes back after delivery


_BY_PLACE = {
    1: Story.RETURNED,
    3: Story.DECLINED_RETRIED,
    6: Story.PAID_AT_CHANNEL,
    8: Story.DECLINED_CANCELED,
    11: Story.SHORT,
    13: Story.CHALLENGED,
    18: Story.OVERRIDDEN,
    21: Story.RETURNED,
    26: Story.PAID_AT_CHANNEL,
}
_HELD = (Story.HELD_APPROVED, Story.HELD_REJECTED, Story.HELD_APPROVED, Story.HELD_CANCELED)


def story_of(place: int) -> Story:
    """Of the basket at `place` in the stream, from 0; odd baskets stand where a hold is told."""
    if place % ODD_EVERY == ODD_EVERY // 2:
        return _HELD[place // ODD_EVERY % len(_HELD)]
    return _BY_PLACE.get(place % PERIOD, Story.STRAIGHT)
