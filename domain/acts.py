"""What staff may do to stock, money and catalog outside the process of an order: each act is
decided and done in one transaction, and leaves a trace.

A new act is one member of `ActKind`, one dataclass for what it asks, and one rule in `RULES`.
"""

from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from math import isfinite
from typing import Any

from domain import pick_acts as floor
from domain import settlement_acts as settlements
from domain import stock_acts as stock
from domain.access import STAFF, Principal, Role
from domain.catalog_acts import ChangeLocation, ChangeProduct
from domain.codec import Json, from_json, to_json
from domain.errors import Forbidden, Malformed, Refusal, StepRefused
from domain.four_eyes import FourEyes, SecondPersonNeeded
from domain.points_acts import AdjustPoints
from domain.refunds import Goodwill
from domain.transfers import AssignTransfer, RegisterTransfer, SendBackTransfer
from domain.withdrawals import WithdrawTransfer
from domain.write_offs import WriteOffReceivable


class ActKind(StrEnum):
    APPROVAL_APPROVE = "approval_approve"
    APPROVAL_DECLINE = "approval_decline"
    TASK_CLOSE = "task_close"
    LOCATION_CHANGE = "location_change"
    PRODUCT_CHANGE = "product_change"
    TRANSFER_REGISTER = "transfer_register"
    TRANSFER_ASSIGN = "transfer_assign"
    TRANSFER_SEND_BACK = "transfer_send_back"
    TRANSFER_WRITE_OFF = "transfer_write_off"
    TRANSFER_WITHDRAW = "transfer_withdraw"
    GOODWILL_GRANT = "goodwill_grant"
    RECEIVABLE_WRITE_OFF = "receivable_write_off"
    CHARGEBACK_ACCEPT = "chargeback_accept"
    POINTS_ADJUST = "points_adjust"
    PICK_LIST_ACCEPT = "pick_list_accept"
    PICK_LIST_REJECT = "pick_list_reject"
    PICK_LIST_START_PICKING = "pick_list_start_picking"
    PICK_LIST_REPORT_PICKED = "pick_list_report_picked"
    PICK_LIST_PACK = "pick_list_pack"
    PICK_LIST_SHIP = "pick_list_ship"
    PICK_LIST_CONFIRM_CANCEL = "pick_list_confirm_cancel"
    PICK_LIST_REFUSE_CANCEL = "pick_list_refuse_cancel"
    PICK_LIST_REPORT_SHIPMENT = "pick_list_report_shipment"
    PICK_LIST_CORRECT_PICKED = "pick_list_correct_picked"
    PICK_LIST_CORRECT_PACKING = "pick_list_correct_packing"
    PICK_LIST_CORRECT_LABELS = "pick_list_correct_labels"
    STOCK_COUNT = "stock_count"
    STOCK_ADJUST = "stock_adjust"
    STOCK_REGRADE = "stock_regrade"
    STOCK_SET_LEVELS = "stock_set_levels"
    SUPPLY_EXPECT = "supply_expect"
    SUPPLY_RECEIVE = "supply_receive"
    SUPPLY_END = "supply_end"
    SETTLEMENT_CONFIRM = "settlement_confirm"
    SETTLEMENT_ASSIGN = "settlement_assign"
    SETTLEMENT_WRITE_OFF = "settlement_write_off"
    SETTLEMENT_GIVE_UP = "settlement_give_up"


@dataclass(frozen=True, slots=True)
class Nothing:
    """An act whose subject and reason say all."""


@dataclass(frozen=True, slots=True)
class ActRule:
    """`asks` is the dataclass of what is asked. Only acts with `approvers` may need a second
    person, who has one of these roles.
    """

    asks: type
    roles: tuple[Role, ...]
    approvers: tuple[Role, ...] = ()
    reason_required: bool = True


_ANY_STAFF = tuple(sorted(STAFF))
_FLOOR = (Role.WAREHOUSE, Role.SUPERVISOR)  # of every location: people have no location of theirs
_APPROVES_STOCK = (Role.SUPERVISOR, Role.WAREHOUSE)  # the first has it in its queue
_MONEY = (Role.FINANCE, Role.SUPERVISOR)


RULES: dict[ActKind, ActRule] = {
    ActKind.APPROVAL_APPROVE: ActRule(Nothing, _ANY_STAFF, reason_required=False),
    ActKind.APPROVAL_DECLINE: ActRule(Nothing, _ANY_STAFF),
    ActKind.TASK_CLOSE: ActRule(Nothing, _ANY_STAFF),
    ActKind.LOCATION_CHANGE: ActRule(ChangeLocation, _FLOOR),
    ActKind.PRODUCT_CHANGE: ActRule(ChangeProduct, _FLOOR),
    ActKind.TRANSFER_REGISTER: ActRule(RegisterTransfer, _MONEY, reason_required=False),
    ActKind.TRANSFER_ASSIGN: ActRule(AssignTransfer, _MONEY),
    ActKind.TRANSFER_SEND_BACK: ActRule(SendBackTransfer, _MONEY, _MONEY),
    ActKind.TRANSFER_WRITE_OFF: ActRule(Nothing, _MONEY, _MONEY),
    ActKind.TRANSFER_WITHDRAW: ActRule(WithdrawTransfer, _MONEY),
    ActKind.GOODWILL_GRANT: ActRule(Goodwill, _MONEY, _MONEY),
    ActKind.RECEIVABLE_WRITE_OFF: ActRule(WriteOffReceivable, _MONEY, _MONEY),
    ActKind.CHARGEBACK_ACCEPT: ActRule(Nothing, _MONEY, _MONEY),
    ActKind.POINTS_ADJUST: ActRule(AdjustPoints, (Role.AGENT, *_MONEY), _MONEY),
    ActKind.PICK_LIST_ACCEPT: ActRule(floor.Accept, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_REJECT: ActRule(floor.Reject, _FLOOR),
    ActKind.PICK_LIST_START_PICKING: ActRule(floor.StartPicking, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_REPORT_PICKED: ActRule(floor.ReportPicked, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_PACK: ActRule(floor.Pack, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_SHIP: ActRule(floor.Ship, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_CONFIRM_CANCEL: ActRule(floor.ConfirmCancel, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_REFUSE_CANCEL: ActRule(floor.RefuseCancel, _FLOOR),
    ActKind.PICK_LIST_REPORT_SHIPMENT: ActRule(floor.ReportShipment, _FLOOR, reason_required=False),
    ActKind.PICK_LIST_CORRECT_PICKED: ActRule(floor.CorrectPicked, _FLOOR),
    ActKind.PICK_LIST_CORRECT_PACKING: ActRule(floor.CorrectPacking, _FLOOR),
    ActKind.PICK_LIST_CORRECT_LABELS: ActRule(floor.CorrectLabels, _FLOOR),
    ActKind.STOCK_COUNT: ActRule(stock.Count, _FLOOR, _APPROVES_STOCK),
    ActKind.STOCK_ADJUST: ActRule(stock.Adjust, _FLOOR, _APPROVES_STOCK),
    ActKind.STOCK_REGRADE: ActRule(stock.Regrade, _FLOOR, _APPROVES_STOCK),
    ActKind.STOCK_SET_LEVELS: ActRule(stock.Levels, _FLOOR, reason_required=False),
    ActKind.SUPPLY_EXPECT: ActRule(stock.Expect, _FLOOR, reason_required=False),
    ActKind.SUPPLY_RECEIVE: ActRule(stock.Receive, _FLOOR, _APPROVES_STOCK, reason_required=False),
    ActKind.SUPPLY_END: ActRule(stock.EndSupply, _FLOOR),
    ActKind.SETTLEMENT_CONFIRM: ActRule(Nothing, _MONEY, reason_required=False),
    ActKind.SETTLEMENT_ASSIGN: ActRule(settlements.Assign, _MONEY, _MONEY, reason_required=False),
    ActKind.SETTLEMENT_WRITE_OFF: ActRule(settlements.WriteOff, _MONEY, _MONEY),
    ActKind.SETTLEMENT_GIVE_UP: ActRule(Nothing, _MONEY, _MONEY),
}

PICK_LIST_ACTS = {
    kind: rule.asks for kind, rule in RULES.items() if issubclass(rule.asks, floor.FloorAct)
}


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody wants `kind` done to `subject`. `wanted` is what `ActRule.asks` describes; `id` the
    command's. `approved_by` is the second person, once there is one; `limits` say when one is due.
    """

    id: str
    kind: ActKind
    subject: str
    wanted: Any
    reason: str
    by: Principal
    limits: FourEyes = field(default_factory=FourEyes)
    approved_by: str = ""

    def needs_second_person(self, why: str, **seen: Json) -> None:
        """Called before anything is written. Raises `SecondPersonNeeded` until one approved."""
        if not self.approved_by:
            raise SecondPersonNeeded(why, seen)


def may_act(kind: ActKind, by: Principal, reason: str) -> None:
    """Refuses (`Forbidden`, `StepRefused`) who may not, and an act that owes a reason."""
    rule = RULES[kind]
    by.require(*rule.roles)
    if rule.reason_required and not reason.strip():
        raise StepRefused(f"{kind.value.replace('_', ' ')} needs a reason")


def may_approve(kind: ActKind, asked_by: str, by: Principal) -> None:
    """Refuses (`Forbidden`) the one who asked, and whoever has none of the roles."""
    if by.name == asked_by:
        raise Forbidden("four eyes: somebody other than the one who asked has to approve")
    by.require(*RULES[kind].approvers)


def wanted_of(kind: ActKind, body: dict[str, Json]) -> Any:
    """`body` as the dataclass of its kind. Refuses (`Malformed`) fields that are missing, unknown
    or of another type.
    """
    asks = RULES[kind].asks
    known = {each.name: each for each in fields(asks)}
    unknown = sorted(body.keys() - known.keys())
    if unknown:
        raise Malformed(f"{kind} has no {unknown[0]!r}; it takes {_listed(known)}")
    for name, asked in known.items():
        if name not in body and asked.default is MISSING and asked.default_factory is MISSING:
            raise Malformed(f"{kind} needs {name!r}; it takes {_listed(known)}")
    try:
        wanted: Any = from_json(asks, body)
        told = to_json(wanted)
    except Refusal:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Malformed(f"{kind} takes {_listed(known)}: {error}") from error
    wrong = [name for name, value in body.items() if not _same(value, told[name])]
    if wrong:
        raise Malformed(f"{wrong[0]!r} of {kind} is of another type than {body[wrong[0]]!r}")
    return wanted


def _same(given: Json, read: Json) -> bool:
    """As it was given: 2.5 units are not 2, and true is not 1."""
    if isinstance(given, dict) and isinstance(read, dict):
        return all(name in read and _same(value, read[name]) for name, value in given.items())
    if isinstance(given, list) and isinstance(read, list):
        return len(given) == len(read) and all(map(_same, given, read))
    if isinstance(given, str) and isinstance(read, str):
        return True  # a time may be written in several ways
    if type(read) is float:  # 42 degrees are 42.0, and a number is finite
        return type(given) in (int, float) and given == read and isfinite(read)
    return type(given) is type(read) and bool(given == read)


def _listed(known: dict[str, Any]) -> str:
    return ", ".join(known) or "nothing but subject and reason"
