"""The shared fixtures themselves."""

import psycopg
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client


def test_each_test_has_a_database_of_its_own(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT current_database()").fetchone()
    assert found == (database_url.rsplit("/", 1)[1],)


async def test_temporal_keeps_histories_for_thirty_days(temporal_client: Client) -> None:
    namespace = await temporal_client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )
    assert namespace.config.workflow_execution_retention_ttl.ToSeconds() == 30 * 24 * 3600
