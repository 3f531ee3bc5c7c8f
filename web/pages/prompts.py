"""Prompts: what callers hear, and a centre's own recordings instead; for managers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.own_prompts import (
    LARGEST,
    NOTE_LIMIT,
    WORDING_LIMIT,
    NotListenedTo,
    PromptId,
    RecordingRefused,
    StalePrompt,
    TooLongTogether,
    partner,
)
from web.deps import FormDep, ManagerPageDep
from web.prompts import catalogue, find, limit_s, make_live, play, put_in
from web.reading import Page, go, text_of
from web.uploads import UploadDep
from web.views.prompts import Choice, lines, refusal_words, version_lines

router = APIRouter(prefix="/prompts")
Language = Annotated[str, Path(max_length=10)]
Key = Annotated[str, Path(max_length=60)]
Number = Annotated[int, Path(ge=0, lt=2**63, description="0: the product's own voice")]


@router.get("")
def list_all(
    page: ManagerPageDep,
    language: Literal["", "zh", "en", "all"] = "",
    show: Choice | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """The sentences of the centre's language, or those that are asked for; a search looks at pieces too."""
    chosen = language or page.console.settings.language
    choice = show or (Choice.ALL if q.strip() else Choice.SENTENCES)
    with page.console.work() as work:
        own = work.own_prompts
        live, changes, latest = own.live_versions(), own.latest_changes(), own.latest_versions()
        names = work.staff.names()
    found = lines(
        catalogue(),
        live,
        changes,
        latest,
        language="" if chosen == "all" else chosen,
        choice=choice,
        words=q,
        say=page.say,
    )
    return page(
        "prompts/list.html",
        "prompts",
        found=found,
        own=len(live),
        language=chosen,
        choice=choice,
        q=q,
        names=names,
    )


@router.get("/{language}/{key}")
def show_one(page: ManagerPageDep, language: Language, key: Key) -> HTMLResponse:
    """One prompt with its versions."""
    return _render(page, find(language, key)[0])


def _render(
    page: Page, prompt_id: PromptId, *, code: int = 200, fault: str = "", wording: str = "", note: str = ""
) -> HTMLResponse:
    _, prompt = find(prompt_id.language, prompt_id.key)
    with page.console.work() as work:
        own = work.own_prompts
        versions, changes = own.versions(prompt_id), own.changes(prompt_id)
        listened = own.listened(prompt_id, page.reader.viewer.extension)
        readings = own.readings(prompt_id)
        names = work.staff.names()
        limit = limit_s(prompt, own.live_versions())
    shown = version_lines(versions, changes, listened, readings, names, page.say)
    return page(
        "prompts/one.html",
        "prompts",
        code=code,
        prompt=prompt,
        other=[each for each in catalogue().values() if each.key == prompt.key and each is not prompt],
        versions=shown,
        live=next((each for each in shown if each.is_live), None),
        changes=changes,
        names=names,
        limit=page.say.seconds(int(limit * 10) * 100),
        together=partner(prompt_id) is not None,
        largest_mib=LARGEST // 2**20,
        wording_limit=WORDING_LIMIT,
        note_limit=NOTE_LIMIT,
        given={"fault": fault, "wording": wording, "note": note},
    )


@router.get("/{language}/{key}/versions/{version}")
def listen(page: ManagerPageDep, language: Language, key: Key, version: Number) -> Response:
    """The sound; whoever got it whole may put the version live."""
    prompt_id, _ = find(language, key)
    return play(page.console, page.request, prompt_id, version, by=page.reader.viewer.extension)


@router.post("/{language}/{key}/versions")
def add(page: ManagerPageDep, form: UploadDep, language: Language, key: Key) -> Response:
    """Keep a recording; callers do not hear it yet."""
    prompt_id, _ = find(language, key)
    wording, note = text_of(form, "wording"), text_of(form, "note")
    by = page.reader.viewer.extension
    try:
        version = put_in(page.console, prompt_id, form, wording=wording, note=note, by=by)
    except RecordingRefused as error:
        fault = refusal_words(error, page.say)
        return _render(page, prompt_id, code=422, fault=fault, wording=wording, note=note)
    return go(f"/prompts/{language}/{key}?done=prompt-kept#version-{version.version}")


@router.post("/{language}/{key}/live")
def put_live(page: ManagerPageDep, form: FormDep, language: Language, key: Key) -> Response:
    """Have callers hear a version, or the product's voice again."""
    prompt_id, _ = find(language, key)
    version, seen = _number(text_of(form, "version")), _number(text_of(form, "seen"))
    address = f"/prompts/{language}/{key}"
    try:
        make_live(page.console, prompt_id, version, by=page.reader.viewer.extension, seen=seen)
    except NotListenedTo:
        return go(f"{address}?done=listen-first#version-{version}")
    except StalePrompt:
        return go(address, "prompt-late")
    except TooLongTogether:
        return go(address, "prompt-too-long")
    return go(address, "prompt-live" if version else "prompt-product")


def _number(text: str) -> int:
    """A number of a form; what is none is one that no version has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 2**62
