"""What an audit found, for programs and for people."""

from dataclasses import asdict, dataclass, field
from typing import Any

from adapters.postgres.auditing.auditor import Finding


@dataclass(slots=True)
class Report:
    """`left_out` says by check why it was not made."""

    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def violations(self) -> int:
        return sum(len(finding.violations) for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "checks": [asdict(finding) for finding in self.findings],
            "violations": self.violations,
            "left_out": [{"id": check, "why": why} for check, why in self.left_out.items()],
        }


def show(report: Report) -> None:
    """A table of the checks, every offending row, and the sum."""
    from rich.markup import escape
    from rich.table import Table

    from orderloom.console import people_console

    console = people_console()
    table = Table("check", "it must hold that", "violations", box=None)
    for finding in report.findings:
        count = len(finding.violations)
        table.add_row(finding.id, escape(finding.title), f"[red]{count}[/]" if count else "0")
    for check, why in report.left_out.items():
        table.add_row(check, f"[dim]left out: {escape(why)}[/]", "[dim]-[/]")
    console.print(table)
    for finding in report.findings:
        for row in finding.violations:
            words = ", ".join(f"{name}={value}" for name, value in row.items())
            console.print(f"[red]{finding.id}[/] {escape(words)}", highlight=False, soft_wrap=True)
    count = report.violations
    words = "1 violation" if count == 1 else f"{count} violations"
    console.print(f"[{'red' if count else 'green'}]{words}[/]", highlight=False)
