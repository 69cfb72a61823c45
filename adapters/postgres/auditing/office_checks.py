"""A2: what needs two people had two, each with the right to it, and each left a trace."""

from adapters.postgres.approvals import EXPIRE
from adapters.postgres.auditing.check import SqlCheck
from domain.acts import RULES, ActKind
from domain.four_eyes import ALONE_WITHIN

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
    SqlCheck(
        "O2-approvals",
        "an act that waits for a second person is decided before its deadline, or expires then",
        """
        SELECT id::text AS approval, approval.act, status, why.why
        FROM approval, LATERAL (VALUES
            (status = 'PENDING' AND deadline < clock_timestamp() - interval '1 second' * :grace,
             'still waits, past its deadline'),
            (status = 'APPROVED' AND decided_at > deadline + interval '1 second' * :grace,
             'was approved, past its deadline'),
            (status = 'EXPIRED' AND decided_at < deadline, 'expired before its deadline'),
            (status = 'EXPIRED' AND 1 <> (
                SELECT count(*) FROM audit
                WHERE audit.act = :expire AND audit.subject = approval.id::text),
             'expired without a trace')
        ) AS why(broken, why) WHERE broken
        ORDER BY id, why.why
        """,
        {"expire": EXPIRE},
    ),
    SqlCheck(
        "A2-alone",
        "what one person did without a second one stayed below the threshold, added up over a day",
        """
        WITH added AS (
            SELECT lone_act.*, sum(size) OVER (
                PARTITION BY person, what, subject ORDER BY at
                RANGE BETWEEN CAST(:within AS interval) PRECEDING AND CURRENT ROW
            ) AS together FROM lone_act
        )
        SELECT added.command, act.kind AS act, person, why.why
        FROM added JOIN command AS act ON act.id = added.command
        LEFT JOIN approval ON approval.command = added.command, LATERAL (VALUES
            (together > most,
             together || ' of ' || added.subject || ' within a day, more than ' || most),
            (person <> principal OR act.status <> 'DONE' OR approval.id IS NOT NULL,
             person || ' has not done it alone')
        ) AS why(broken, why) WHERE broken
        ORDER BY added.at, why.why
        """,
        {"within": ALONE_WITHIN},
    ),
)
