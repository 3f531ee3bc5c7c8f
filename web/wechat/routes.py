"""The callback's address: `/wechat/service-account`."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from web.deps import ConsoleDep
from web.wechat.desk import OK, ServiceAccount
from web.wechat.errors import BadMessage, BadSignature, WrongMode
from web.wechat.protocol import LONGEST, Protocol

log = logging.getLogger(__name__)
router = APIRouter(prefix="/wechat")
BODY_S = 1.0
"""The platform sends a message at once; who dawdles is somebody else."""


def get_account(request: Request) -> ServiceAccount:
    """The service account that `create_app` built."""
    account: ServiceAccount = request.app.state.service_account
    return account


AccountDep = Annotated[ServiceAccount, Depends(get_account)]


def checked(request: Request, console: ConsoleDep, account: AccountDep) -> Protocol:
    """The protocol, for a request of the platform's. Not connected: nothing is here. Raises BadSignature."""
    if account.protocol is None:
        raise HTTPException(404)
    try:
        account.protocol.check(request.query_params, console.clock())
    except BadSignature:
        log.warning("service account: a callback with a wrong signature or an old time was refused")
        raise
    return account.protocol


CheckedDep = Annotated[Protocol, Depends(checked)]


@router.get("/service-account")
def verify(request: Request, protocol: CheckedDep) -> Response:
    """The platform asks, once, whether the address is ours."""
    return PlainTextResponse(request.query_params.get("echostr", "")[:256])


@router.post("/service-account")
async def receive(request: Request, protocol: CheckedDep, account: AccountDep) -> Response:
    """A message, or something that happened. What is refused comes twice more; then its sender is told of a failure."""
    body = await _body(request)
    try:
        words = await account.take(protocol, request.query_params, body)
    except WrongMode:
        log.error("service account: plain and encrypted mode are mixed up: see SHOUWEN_WECHAT_AES_KEY")
        raise
    except BadMessage as error:
        log.warning("service account: a message was not understood: %s", error)
        raise
    return PlainTextResponse(words, media_type="text/plain" if words == OK else "text/xml")


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > LONGEST:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    return body
