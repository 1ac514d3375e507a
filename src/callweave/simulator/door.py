"""Who may ask the carrier's REST interface, and how it says no."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from callweave.simulator.carrier import Account

View = Callable[..., Mapping[str, object] | None]
Answer = Callable[..., ResponseReturnValue]


@dataclass(slots=True)
class Troubles:
    """`lag_s`: how long after its end a call is missing from the list. `next_answers`: statuses
    that the next requests are answered with, whatever they ask; None lets one through.
    """

    lag_s: float = 0
    next_answers: deque[int | None] = field(default_factory=deque)


class RestError(Exception):
    """Twilio's way to say no."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def not_found() -> RestError:
    return RestError(404, 20404, f"The requested resource {request.path} was not found")


@dataclass(frozen=True, slots=True)
class Door:
    account: Account
    troubles: Troubles

    def guarded(
        self, view: View, status: int = HTTPStatus.OK
    ) -> Callable[..., ResponseReturnValue]:
        """Only for the account itself; and what fails, fails as Twilio's interface does. A view
        that has nothing to show says that it is done.
        """

        def answer(account: str | None = None, **named: str) -> ResponseReturnValue:
            try:
                self._misbehave()
                self._expect(account)
                shown = view(**named)
                return (jsonify(shown), status) if shown else ("", HTTPStatus.NO_CONTENT)
            except RestError as error:
                return _refusal(error)

        return answer

    def _misbehave(self) -> None:
        answers = self.troubles.next_answers
        status = answers.popleft() if answers else None
        if status is not None:
            code = 20429 if status == HTTPStatus.TOO_MANY_REQUESTS else 20500
            raise RestError(status, code, "Try again")

    def _expect(self, account: str | None) -> None:
        given = request.authorization
        token = (given.password if given else None) or ""
        known = given is not None and given.username == self.account.sid
        if not known or not compare_digest(token.encode(), self.account.auth_token.encode()):
            raise RestError(401, 20003, "Authentication Error - invalid username")
        if account not in {None, self.account.sid}:
            raise not_found()


def _refusal(error: RestError) -> ResponseReturnValue:
    more = f"https://www.twilio.com/docs/errors/{error.code}"
    said = {"code": error.code, "message": str(error), "more_info": more, "status": error.status}
    return jsonify(said), error.status
