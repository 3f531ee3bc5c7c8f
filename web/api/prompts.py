"""Prompts over the API: what callers hear, own recordings, what was made live. All of it needs a manager's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from callcenter.domain.own_prompts import LiveChange, Version
from web.api.models import ListOut, Shape
from web.changing import acting_for
from web.console import Console
from web.deps import ConsoleDep, ManagersProgramDep
from web.errors import NotForYou
from web.prompts import PRODUCT, catalogue, find, limit_s, make_live, play, put_in
from web.reading import text_of
from web.uploads import ProgramUploadDep
from web.viewer import Viewer
from web.views.prompts import Choice, Line, lines

router = APIRouter(prefix="/prompts", tags=["prompts"])
Language = Annotated[str, Path(max_length=10, description="zh or en")]
Key = Annotated[str, Path(max_length=60, description="as `shouwen prompts list` names it")]
Number = Annotated[int, Path(ge=0, lt=2**63, description="0: the product's own voice")]
Actor = Annotated[str, Field(min_length=1, max_length=20, description="extension of a manager")]


class PromptOut(Shape):
    """One prompt in one language. `version`: what callers hear; 0 is the product's own voice. `latest`: 0, none."""

    key: str
    language: str
    text: str
    when: str
    wording: str
    longest_s: float
    version: int
    latest: int
    set_by: str | None
    set_at: AwareDatetime | None


class VersionOut(Shape):
    """One own recording. `sha256` is that of the file that was sent; `reading`: what the recogniser understood: empty
    if no speech, null until it has read it."""

    version: int
    file_name: str
    sha256: str
    seconds: float
    doubts: list[Literal["clipped", "noisy", "quiet"]]
    wording: str
    note: str
    reading: str | None
    uploaded_by: str
    uploaded_at: AwareDatetime


class ChangeOut(Shape):
    """Somebody made a version live; 0 is the product's own voice."""

    seq: int
    version: int
    set_by: str
    set_at: AwareDatetime


class OnePromptOut(Shape):
    """A prompt with its recordings, and what was heard when, the newest first."""

    prompt: PromptOut
    versions: list[VersionOut]
    changes: list[ChangeOut]


class LiveIn(Shape):
    """Which version callers are to hear. `seen`: `seq` of the last change that is known, 0 for none; 409 if there was
    another since. Without it the change is made whatever was before."""

    actor: Actor
    version: Annotated[int, Field(ge=0, lt=2**63, description="0: the product's own voice")]
    seen: Annotated[int | None, Field(ge=0, lt=2**63)] = None


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["actor", "file"],
                    "properties": {
                        "actor": {"type": "string", "description": "extension of a manager"},
                        "file": {"type": "string", "format": "binary"},
                        "wording": {"type": "string", "description": "what it says, if not the text"},
                        "note": {"type": "string"},
                    },
                }
            }
        },
    }
}


@router.get("", summary="Every prompt in every language, and what callers hear")
def list_all(
    console: ConsoleDep,
    program: ManagersProgramDep,
    language: Literal["", "zh", "en"] = "",
    show: Annotated[
        Choice, Query(description="own: an own recording is live; draft: one is newer than what is live")
    ] = Choice.ALL,
    q: Annotated[str, Query(max_length=100)] = "",
) -> ListOut[PromptOut]:
    """In the order of the catalogue, all of them; `next` is null."""
    return ListOut[PromptOut](items=_listed(console, language, show, q), next=None)


@router.get("/{language}/{key}", summary="One prompt with its recordings")
def show_one(console: ConsoleDep, program: ManagersProgramDep, language: Language, key: Key) -> OnePromptOut:
    """404 for what is not in the catalogue."""
    prompt_id, _ = find(language, key)
    with console.work() as work:
        versions, changes = work.own_prompts.versions(prompt_id), work.own_prompts.changes(prompt_id)
        readings = work.own_prompts.readings(prompt_id)
    (prompt,) = [each for each in _listed(console, language, Choice.ALL, "") if each.key == key]
    return OnePromptOut(
        prompt=prompt,
        versions=[_version(console, each, _reading(readings, each.version)) for each in versions],
        changes=[_change(console, each) for each in reversed(changes)],
    )


@router.post(
    "/{language}/{key}/versions", status_code=201, summary="Keep an own recording", openapi_extra=_FORM
)
def add(
    console: ConsoleDep, program: ManagersProgramDep, form: ProgramUploadDep, language: Language, key: Key
) -> VersionOut:
    """Callers do not hear it yet. 422 with the reason for what cannot be used, 413 beyond 10 MiB."""
    prompt_id, _ = find(language, key)
    by = _manager(console, program, text_of(form, "actor"))
    wording, note = text_of(form, "wording"), text_of(form, "note")
    return _version(console, put_in(console, prompt_id, form, wording=wording, note=note, by=by), None)


@router.get(
    "/{language}/{key}/versions/{version}", summary="The sound of a version, WAV", response_class=Response
)
def listen(
    console: ConsoleDep,
    program: ManagersProgramDep,
    request: Request,
    language: Language,
    key: Key,
    version: Number,
    actor: Annotated[
        str | None, Query(max_length=20, description="extension of the manager who listens")
    ] = None,
) -> Response:
    """A manager who was given all of it may make the version live."""
    prompt_id, _ = find(language, key)
    by = _manager(console, program, actor) if actor is not None else None
    return play(console, request, prompt_id, version, by=by)


@router.post("/{language}/{key}/live", summary="Have callers hear a version")
def put_live(
    console: ConsoleDep, program: ManagersProgramDep, language: Language, key: Key, body: LiveIn
) -> ChangeOut:
    """Within seconds, without a restart. 409 for a version that the actor has not listened to and callers never
    heard, and when somebody else was faster."""
    prompt_id, _ = find(language, key)
    by = _manager(console, program, body.actor)
    return _change(console, make_live(console, prompt_id, body.version, by=by, seen=body.seen))


def _manager(console: Console, program: Viewer, actor: str) -> str:
    with console.work() as work:
        acting = acting_for(work, program, actor)
    if not acting.is_manager:
        raise NotForYou
    return acting.extension


def _listed(console: Console, language: str, choice: Choice, words: str) -> list[PromptOut]:
    with console.work() as work:
        own = work.own_prompts
        live, changes, latest = own.live_versions(), own.latest_changes(), own.latest_versions()
    say = console.speeches["en"]
    found = lines(catalogue(), live, changes, latest, language=language, choice=choice, words=words, say=say)
    return [_prompt(console, line, limit_s(line.prompt, live)) for line in found]


def _prompt(console: Console, line: Line, longest_s: float) -> PromptOut:
    prompt, change = line.prompt, line.change
    return PromptOut(
        key=prompt.key,
        language=prompt.language,
        text=prompt.text,
        when=prompt.when,
        wording=line.says,
        longest_s=longest_s,
        version=line.version,
        latest=line.latest,
        set_by=change.set_by if change else None,
        set_at=change.set_at.astimezone(console.settings.zone) if change else None,
    )


def _reading(readings: Mapping[int, str | None], version: int) -> str | None:
    return (readings[version] or "") if version in readings else None


def _version(console: Console, version: Version, reading: str | None) -> VersionOut:
    return VersionOut(
        version=version.version,
        file_name=version.file_name,
        sha256=version.sha256,
        seconds=version.seconds,
        doubts=[doubt.value for doubt in version.doubts],
        wording=version.wording,
        note=version.note,
        reading=reading,
        uploaded_by=version.uploaded_by,
        uploaded_at=version.uploaded_at.astimezone(console.settings.zone),
    )


def _change(console: Console, change: LiveChange) -> ChangeOut:
    return ChangeOut(
        seq=change.seq,
        version=change.version or PRODUCT,
        set_by=change.set_by,
        set_at=change.set_at.astimezone(console.settings.zone),
    )
