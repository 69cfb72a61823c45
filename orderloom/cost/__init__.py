"""What an order costs on the engine: history events, billable Actions and bytes."""

from orderloom.cost.counting import LEFT_OUT, Cost, count

__all__ = ["LEFT_OUT", "Cost", "count"]
