"""The ways in which a refund goes back."""

from enum import StrEnum


class Tender(StrEnum):
    PROVIDER = "provider"
    CHANNEL = "channel"
    BANK = "bank"  # a transfer that finance makes
    STORE_CREDIT = "store_credit"
    RECEIVABLE = "receivable"  # the customer owes so much less
    BAD_DEBT = "bad_debt"  # was owed, and written off: there is nothing to give back
    ROUNDING = "rounding"  # between what a parcel was sold for and what its units give back
