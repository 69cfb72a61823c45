"""When stock alerts are raised: by the database, when a transaction ends that has passed a level
(decision 24); or a little earlier, where it is about to take a lock that many wait for.
"""

from adapters.postgres.transactions import Driver


async def raise_alerts(driver: Driver) -> None:
    """All changes of stock are done. An alert that ends waits for whoever has its task, and they
    may be about to take the lock that comes next.
    """
    await driver.execute("SET CONSTRAINTS stock_crossed, stock_opened IMMEDIATE")
