"""The worker's chore: pictures, sounds and films that came by the service account are fetched and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from callcenter.db.attachment_files import AttachmentFiles
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.attachments import BadAttachment, NoRoom
from callcenter.domain.service_account import WantedMedia
from callcenter.domain.tickets import NotAllowed
from callcenter.services.service_account import Centre, claim_media, keep_media, media_failed
from web.wechat.platform import MediaGone, MediaUnavailable, Platform

log = logging.getLogger(__name__)

Units = Callable[[], AbstractContextManager[SqlUnitOfWork]]


class MediaFetcher:
    """Fetches what is due, again and again until it is kept or the platform has given it up."""

    def __init__(
        self,
        units: Units,
        platform: Platform,
        files: AttachmentFiles,
        centre: Centre,
        clock: Callable[[], datetime],
    ) -> None:
        self._units = units
        self._platform = platform
        self._files = files
        self._centre = centre
        self._clock = clock

    def run_once(self) -> int:
        """Tries what is due now; how many are kept. Raises DatabaseUnavailable."""
        with self._units() as work:
            due = claim_media(work, self._clock())
            work.commit()
        return sum(self._fetched(wanted) for wanted in due)

    def _fetched(self, wanted: WantedMedia) -> bool:
        """Whether it is kept now. No transaction is open while the platform is asked."""
        try:
            with self._files.receive() as arriving:
                self._platform.fetch(wanted.media_id, wanted.media_url, arriving)
                name = f"{self._centre.say(wanted.kind.value)} {wanted.key}"
                file = arriving.finish(name)
                with self._units() as work:
                    if keep_media(work, wanted, file, self._clock()) is None:
                        return False
                    arriving.keep(file)
                    work.commit()
            return True
        except (MediaUnavailable, MediaGone, BadAttachment, NotAllowed, NoRoom, OSError) as error:
            for_good = isinstance(error, MediaGone | BadAttachment | NotAllowed)
            with self._units() as work:
                over = media_failed(work, wanted, self._centre, self._clock(), for_good=for_good)
                work.commit()
            log.warning(
                "service account: media cannot be fetched ticket=%s attempt=%d over=%s error=%s %s",
                wanted.ticket,
                wanted.attempts + 1,
                over,
                type(error).__name__,
                error if isinstance(error, MediaUnavailable | MediaGone) else "",
            )
            return False
