"""PostgreSQL: tables, migrations, the unit of work, and the books behind the ports."""
