"""Who may do what, by name; the API decides what each may do."""

from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    SUPERVISOR = "supervisor"
    DEVELOPER = "developer"  # reads only
    CHANNEL = "channel"
