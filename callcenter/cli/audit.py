"""Commands about the tickets' log: audit verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callcenter.domain.log_faults import Fault
    from callcenter.services.audit import Findings

audit_app = typer.Typer(help="The tickets' log.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def audit_verify(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document instead of text")] = False,
    anchors: Annotated[
        Path | None, typer.Option(help="a copy of anchors.jsonl kept elsewhere, instead of the home's own")
    ] = None,
) -> None:
    """Look over the log of every ticket and every anchor; exit code 1 if anything was changed or is missing."""
    import json

    from callcenter.errors import ShouwenError
    from callcenter.runtime.auditing import verify_home
    from callcenter.settings import Settings

    if anchors is not None and not anchors.is_file():
        raise ShouwenError(f"there is no file {anchors}")
    findings = verify_home(Settings(), anchors)
    if as_json:
        typer.echo(json.dumps(document(findings), ensure_ascii=False, indent=2))
    else:
        for line in report(findings):
            typer.echo(line)
    if not findings.ok:
        raise typer.Exit(1)


def report(findings: Findings) -> list[str]:
    """What was checked and found, in lines."""
    sealed = findings.sealed_until
    until = f", the newest of {sealed:%Y-%m-%d %H:%M} UTC" if sealed else ""
    lines = [
        f"checked {findings.tickets} tickets, {findings.events} events, {findings.anchors} anchors{until}",
        *(_line(fault) for fault in findings.faults),
    ]
    hidden = findings.fault_count - len(findings.faults)
    if hidden:
        lines.append(f"and {hidden} more")
    lines.append("nothing is changed or missing" if findings.ok else f"{findings.fault_count} faults")
    return lines


def _line(fault: Fault) -> str:
    places = [f"ticket {fault.ticket}"] if fault.ticket else []
    places += [f"event {fault.seq}"] if fault.seq is not None else []
    places += [f"anchor {fault.anchor}"] if fault.anchor is not None else []
    return f"{', '.join(places)}: {fault.kind}: {fault.detail}"


def document(findings: Findings) -> dict[str, object]:
    """The same for machines."""
    return {
        "ok": findings.ok,
        "tickets": findings.tickets,
        "events": findings.events,
        "anchors": findings.anchors,
        "sealed_until": findings.sealed_until.isoformat() if findings.sealed_until else None,
        "fault_count": findings.fault_count,
        "faults": [
            {
                "kind": fault.kind.value,
                "ticket": fault.ticket,
                "seq": fault.seq,
                "anchor": fault.anchor,
                "detail": fault.detail,
            }
            for fault in findings.faults
        ],
    }
