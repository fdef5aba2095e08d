"""Requests to one collector with one token: what is asked again, what is refused, how much is read."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from pairlog.address import is_loopback, is_safe
from pairlog.client.errors import CollectorError, refusal
from pairlog.client.patience import Patience
from pairlog.errors import UserError, visible
from pairlog.exchange import USER_AGENT, Answer, is_token, read_answer

#: More than any list that a collector answers with.
ANSWER_BYTES_MAX = 32 * 1024 * 1024
_TIMES = httpx.Timeout(60.0, connect=10.0)
#: For an answer as a whole, however slowly it comes.
_ANSWER_SECONDS_MAX = 300.0


class Connection:
    """Kept open between requests."""

    def __init__(
        self, address: str, token: str, patience_s: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Raises UserError for an address or a token that cannot be one."""
        self.address = _checked(address)
        if token and not is_token(token):
            raise UserError(
                f"the token for {self.address} has characters that no token has; set PAIRLOG_TOKEN to what "
                "`pairlog token create` printed"
            )
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        try:
            self._http = httpx.Client(
                base_url=self.address,
                headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
                timeout=_TIMES,
                follow_redirects=False,
                # The machine's own certificates, as for the sender.
                verify=ssl.create_default_context(),
                # A proxy of the environment would carry off this machine what is meant to stay on it.
                trust_env=not is_loopback(self.address),
            )
        except httpx.InvalidURL:
            raise _no_address(address) from None
        except (ImportError, ValueError) as error:
            raise UserError(
                f"the proxy that the environment names cannot be used ({visible(str(error))}); "
                f"set NO_PROXY for {self.address}, or name another one"
            ) from None
        self._patience_s = patience_s
        self._sleep = sleep
        self._was_met = False

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def patience(self) -> Patience:
        """For one request, and all its tries."""
        return Patience(self._patience_s, self._sleep)

    def ask(self, method: str, path: str, **rest: Any) -> Answer:
        """The answer to a request, as JSON. Raises CollectorError, also for a status that refuses."""
        status, body, retry_after = self._whole(method, path, ANSWER_BYTES_MAX, rest)
        return read_answer(status, body, retry_after)

    def read(self, path: str, bytes_max: int, **rest: Any) -> bytes:
        """The bytes at this path. Raises CollectorError, also where there are more."""
        return self._whole("GET", path, bytes_max, rest)[1]

    @contextmanager
    def stream(self, path: str, **rest: Any) -> Iterator[Iterator[bytes]]:
        """The bytes at this path, as they come. Raises CollectorError, also in the middle of them."""
        with self._sent("GET", path, rest) as response:
            yield response.iter_raw()

    def _whole(
        self, method: str, path: str, bytes_max: int, rest: dict[str, Any]
    ) -> tuple[int, bytes, str | None]:
        patience = self.patience()
        while True:
            try:
                with self._sent(method, path, rest) as response:
                    body = self._body(response, bytes_max)
                    return response.status_code, body, response.headers.get("Retry-After")
            except CollectorError as error:
                # Whether an erasure went through that lost its answer, the caller has to look.
                if method == "DELETE" and not error.status:
                    raise
                patience.wait(error)

    @contextmanager
    def _sent(self, method: str, path: str, rest: dict[str, Any]) -> Iterator[httpx.Response]:
        try:
            with self._http.stream(method, path, **rest) as response:
                self._was_met = True
                if not response.is_success:
                    body = self._body(response, ANSWER_BYTES_MAX)
                    retry_after = response.headers.get("Retry-After")
                    raise refusal(self.address, read_answer(response.status_code, body, retry_after))
                yield response
        except httpx.HTTPError as error:
            raise self._no_answer(error) from None

    def _body(self, response: httpx.Response, bytes_max: int) -> bytes:
        body = bytearray()
        until = time.monotonic() + _ANSWER_SECONDS_MAX
        for piece in response.iter_raw():
            body += piece
            if len(body) > bytes_max:
                raise CollectorError(
                    f"{self.address} answers with more than {bytes_max:,} bytes; is it a collector?"
                )
            if time.monotonic() > until:
                raise CollectorError(f"{self.address} gave no whole answer within {_ANSWER_SECONDS_MAX:g} s")
        return bytes(body)

    def _no_answer(self, error: httpx.HTTPError) -> CollectorError:
        why = visible(str(error) or type(error).__name__)
        # Who never answered may not be there at all; who did comes back.
        return CollectorError(
            f"no answer from {self.address} ({why}); is `pairlog serve` up?", is_passing=self._was_met
        )


def _checked(address: str) -> str:
    if not is_safe(address):
        raise UserError(
            f"`{visible(address)}` is no address for a token, which could be read on the way there; "
            "use https://, or http:// for a collector on this machine"
        )
    parts = urlsplit(address)
    if parts.username is not None or parts.query or parts.fragment:
        raise _no_address(address)
    return address.rstrip("/")


def _no_address(address: str) -> UserError:
    return UserError(f"`{visible(address)}` is no address of a collector; give what `pairlog serve` prints")
