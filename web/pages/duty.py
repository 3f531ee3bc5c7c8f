"""On duty or not: whether the line rings one's phone."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from callcenter.services.staff import set_on_duty
from web.deps import FormDep, PageDep
from web.reading import go, text_of

router = APIRouter()


@router.post("/duty")
def change_duty(page: PageDep, form: FormDep) -> Response:
    """Go on or off duty."""
    on_duty = text_of(form, "on_duty") == "yes"
    with page.console.work() as work:
        set_on_duty(work, page.reader.viewer.extension, on_duty)
        work.commit()
    return go("/", "on-duty" if on_duty else "off-duty")
