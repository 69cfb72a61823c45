"""What breaks each rule of audit trail and second persons (A, O2-approvals)."""

from breaking import Break

COUNT = {"approval": "{approval}", "act": "stock_count", "asked_by": "will", "decided_by": "sue"}
LARGE = {
    "return": "{refunding}-R1", "amount": 700, "above": 600, "granted_by": "finn",
    "approved_by": "sue",
}  # fmt: skip

BREAKS: list[Break] = [
    (
        "A1",
        "UPDATE audit SET reason = 'nothing' WHERE command = :cancel_command",
        {
            "audit": 1,
            "command": "{cancel_command}",
            "why": "its hash is not that of its content and the row before",
        },
    ),
    (
        "A1",
        """
        INSERT INTO command
          (id, principal, key, body_hash, kind, subject, roles, body, status, outcome)
        VALUES ('c', 'ana', 'k', '', 'approve', :fresh, 'agent', '{}', 'REFUSED',
                jsonb_build_object('refusal', jsonb_build_array('STEP_REFUSED', 'no')))
        """,
        {
            "command": "c",
            "act": "approve",
            "subject": "{fresh}",
            "why": "0 audit rows for an outcome REFUSED",
        },
    ),
    (
        "A2",
        "UPDATE approval SET asked_roles = 'agent,finance'",
        {**COUNT, "why": "whoever asked was agent,finance"},
    ),
    (
        "A2",
        "UPDATE approval SET decided_roles = 'agent'",
        {**COUNT, "why": "whoever approved was agent"},
    ),
    (
        "A2-refunds",
        """
        UPDATE customer_order SET process = jsonb_set(process, '{refund_four_eyes_above}', '99')
        WHERE number = :refunding
        """,
        {
            **LARGE,
            "return": "{refunding}-R2",
            "amount": 100,
            "above": 99,
            "approved_by": None,
            "why": "it goes, and nobody has approved it",
        },
    ),
    (
        "A2-refunds",
        "UPDATE command SET roles = 'agent' WHERE kind = 'return_approve_refund'",
        {**LARGE, "why": "whoever approved was agent"},
    ),
    (
        "O2-approvals",
        "UPDATE approval SET decided_at = deadline + interval '2 minutes'",
        {
            "approval": "{approval}",
            "act": "stock_count",
            "status": "APPROVED",
            "why": "was approved, past its deadline",
        },
    ),
    (
        "A2-alone",
        """
        INSERT INTO lone_act (command, person, what, subject, size, most)
        SELECT id, principal, 'stock_units', 'TEA@BOS', 101, 100 FROM command
        WHERE id = :cancel_command
        """,
        {
            "command": "{cancel_command}",
            "act": "cancel",
            "person": "ana",
            "why": "101 of TEA@BOS within a day, more than 100",
        },
    ),
]
