"""A2: what needs two people had two, each with the right to it, and each left a trace."""

from adapters.postgres.auditing.check import SqlCheck
from domain.acts import RULES, ActKind

_RULES = [(kind.value, rule) for kind, rule in RULES.items() if rule.approvers]

OFFICE_CHECKS = (
    SqlCheck(
        "A2",
        "four-eyes acts have two different people, each with the role and one audit row",
        """
        WITH rule AS (
            SELECT * FROM unnest(CAST(:acts AS text[]), CAST(:asking AS text[]),
                                 CAST(:approving AS text[])) AS r(act, asking, approving)
        ), approved AS (
            SELECT approval.*, string_to_array(rule.asking, ',') AS asking,
                   string_to_array(rule.approving, ',') AS approving,
                   (SELECT count(*) FROM audit
                    WHERE audit.command = approval.command AND audit.act = approval.act
                      AND audit.principal = asked_by AND outcome = 'DONE') AS asked,
                   (SELECT count(*) FROM audit
                    WHERE audit.act = :approve AND audit.subject = approval.id::text
                      AND audit.principal = decided_by AND outcome = 'DONE') AS decided
            FROM approval LEFT JOIN rule USING (act) WHERE status = 'APPROVED'
        )
        SELECT id::text AS approval, act, asked_by, decided_by, why.why
        FROM approved, LATERAL (VALUES
            (asking IS NULL, 'no act that a second person approves'),
            (asked_by = decided_by, 'one person asked and approved'),
            (NOT string_to_array(asked_roles, ',') && asking,
             'whoever asked was ' || asked_roles),
            (NOT string_to_array(decided_roles, ',') && approving,
             'whoever approved was ' || decided_roles),
            (asked <> 1, asked || ' audit rows for asking'),
            (decided <> 1, decided || ' audit rows for approving')
        ) AS why(broken, why) WHERE broken
        ORDER BY id, why.why
        """,
        {
            "acts": [name for name, _ in _RULES],
            "asking": [",".join(rule.roles) for _, rule in _RULES],
            "approving": [",".join(rule.approvers) for _, rule in _RULES],
            "approve": ActKind.APPROVAL_APPROVE.value,
        },
    ),
)
