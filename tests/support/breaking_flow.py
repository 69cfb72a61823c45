"""What breaks each rule of orders, commands, facts and events (O, I, W)."""

from breaking import Break

BREAKS: list[Break] = [
    (
        "O1",
        "DELETE FROM command WHERE subject = :fresh",
        {"command": None, "order": "{fresh}", "why": "nobody asked for this order"},
    ),
    (
        "O1",
        """
        INSERT INTO command
          (id, principal, key, body_hash, kind, subject, roles, body, status, outcome)
        VALUES ('c', 'channel:web', 'k', '', 'place', 'NONE', 'channel', '{}', 'DONE',
                jsonb_build_object('result', jsonb_build_object('number', 'NONE')))
        """,
        {"command": "c", "order": "NONE", "why": "acknowledged, but there is no such order"},
    ),
    (
        "O4",
        "UPDATE journal SET seq = 4 WHERE subject = :canceled",
        {"subject": "{canceled}", "why": "its entries count 4"},
    ),
    (
        "O4",
        "UPDATE journal SET kind = 'Closed', data = '{}' WHERE subject = :canceled",
        {"subject": "{canceled}", "why": "an order that is RECEIVED takes no Closed"},
    ),
    (
        "O5",
        "UPDATE order_view SET payment_status = 'NONE', seq = 99 WHERE number = :delivered",
        {"subject": "{delivered}", "differing": ["payment_status", "seq"]},
    ),
    (
        "O5",
        "UPDATE order_view SET view = jsonb_set(view, '{facts}', '[]') WHERE number = :delivered",
        {"subject": "{delivered}", "differing": ["view"]},
    ),
    (
        "O5",
        "UPDATE return_order SET deadline = deadline + interval '1 day' WHERE number = :rma",
        {"subject": "{rma}", "differing": ["deadline"]},
    ),
    (
        "O5",
        "DELETE FROM order_view WHERE number = :fresh",
        {"subject": "{fresh}", "differing": ["there is no projection"]},
    ),
    (
        "I1",
        "UPDATE command SET outcome = NULL WHERE key = 'cancel'",
        {"command": "{cancel_command}", "status": "DONE", "why": "without its outcome"},
    ),
    (
        "I1",
        """
        UPDATE command SET status = 'ACCEPTED', expires_at = now() - interval '61 seconds',
          outcome = NULL WHERE key = 'cancel'
        """,
        {
            "command": "{cancel_command}",
            "status": "ACCEPTED",
            "why": "neither delivered nor expired in time",
        },
    ),
    (
        "I2",
        "UPDATE fact SET due_at = NULL WHERE event_id = 'e2'",
        {"fact": "warehouse:e2", "order": "{delivered}", "why": "forgotten: nobody will be told"},
    ),
    (
        "W1",
        "UPDATE outbox SET due_at = NULL WHERE subject = :fresh",
        {"event": "order/{fresh}/start", "why": "neither delivered, due nor dead"},
    ),
    (
        "W1",
        "DELETE FROM outbox WHERE kind = 'return.start' AND subject = :rma",
        {"event": "return/{rma}/start", "why": "was never put into the outbox"},
    ),
]
