"""A2: a large refund goes only where a second person has approved it."""

from adapters.postgres.auditing.check import SqlCheck
from domain.acts import ActKind
from domain.commands import ROLES, CommandKind
from domain.order import PaymentMethod
from domain.process import ProcessDefinition
from domain.returns import GOODWILL, OVERPAID
from domain.tenders import Tender

REFUND_CHECKS = (
    # Goodwill is approved before it is granted, as an act; all other refunds after.
    SqlCheck(
        "A2-refunds",
        "a large refund that goes, or one that makes those of its order large, was granted by one "
        "and approved by another person, who had the role and left one audit row",
        """
        WITH granted AS (
            SELECT journal.subject AS rma, order_number, journal.by AS granted_by, at,
                   COALESCE(data->>'refund', data->>'amount')::bigint - COALESCE((
                       SELECT sum((share->>'amount')::bigint)::bigint
                       FROM jsonb_array_elements(data->'plan') AS share
                       WHERE placed->>'payment_method' = :cash AND share->>'tender' = ANY(:owed)
                   ), 0) AS amount,
                   COALESCE((process->>'refund_four_eyes_above')::bigint, :above) AS above
            FROM journal JOIN customer_order ON number = order_number
            WHERE kind = 'ReturnInspected'
               OR (kind = 'ReturnRequested' AND data->>'kind' IN (:goodwill, :overpaid))
        ), looked_at AS (
            SELECT granted.*, approved.by AS approved_by, asked.roles,
                   (SELECT count(*) FROM audit
                    WHERE act = :approve AND subject = rma AND principal = approved.by
                      AND outcome = 'DONE') AS audited,
                   EXISTS (SELECT FROM ledger_transaction
                           WHERE ledger_transaction.order_number = granted.order_number
                             AND (starts_with(operation, rma || '/refund/')
                                  OR operation = rma || '/refund-at-channel'))
                   OR EXISTS (SELECT FROM payment_transaction WHERE subject = rma) AS goes,
                   EXISTS (SELECT FROM command JOIN approval ON approval.id::text = command.subject
                           WHERE command.kind = :act_approve AND command.status = 'DONE'
                             AND outcome->'result'->>'return' = rma
                             AND approval.act = :grant AND approval.status = 'APPROVED') AS act
            FROM granted
            LEFT JOIN journal AS approved
              ON approved.subject = rma AND approved.kind = 'RefundApproved'
            LEFT JOIN command AS asked
              ON asked.kind = :approve AND asked.subject = rma AND asked.principal = approved.by
             AND asked.status = 'DONE'
            WHERE above > 0 OR approved.by IS NOT NULL
        ), added AS (
            SELECT *, approved_by IS NULL AND goes AND NOT act AS alone,
                   sum(amount) FILTER (WHERE approved_by IS NULL AND goes AND NOT act)
                   OVER (PARTITION BY order_number ORDER BY at, rma) AS together
            FROM looked_at
        )
        SELECT rma AS return, amount, above, granted_by, approved_by, why.why
        FROM added, LATERAL (VALUES
            (alone AND amount > 0 AND together > above AND above > 0,
             'it goes, and nobody has approved it'),
            (approved_by = granted_by, 'one person granted and approved'),
            (NOT string_to_array(roles, ',') && CAST(:approvers AS text[]),
             'whoever approved was ' || roles),
            (approved_by IS NOT NULL AND audited <> 1, audited || ' audit rows for approving')
        ) AS why(broken, why) WHERE broken
        ORDER BY rma, why.why
        """,
        {
            "cash": PaymentMethod.CASH_ON_DELIVERY.value,
            "owed": [Tender.RECEIVABLE.value, Tender.ROUNDING.value],  # cash never collected
            "above": ProcessDefinition().refund_four_eyes_above,
            "goodwill": GOODWILL,
            "overpaid": OVERPAID,
            "approve": CommandKind.RETURN_APPROVE_REFUND.value,
            "approvers": [role.value for role in ROLES[CommandKind.RETURN_APPROVE_REFUND]],
            "act_approve": ActKind.APPROVAL_APPROVE.value,
            "grant": ActKind.GOODWILL_GRANT.value,
        },
    ),
)
