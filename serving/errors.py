"""Errors as JSON: every refusal is `{"error": "one sentence"}`.

Runs in gunicorn's request threads. What is not a refusal is a fault of ours: logged with its traceback, told as 500.
"""

import logging

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

_SENTENCES = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take {method}.",
    413: "The request is too large.",
    431: "The request's headers are too large.",
}


def as_json(value: object, status: int = 200) -> Response:
    """`value` as a JSON answer."""
    return Response(msgspec.json.encode(value), status=status, mimetype="application/json")


def refusal(status: int, sentence: str, **more: object) -> Response:
    """An answer that says no, in one sentence; `more` are further fields beside "error"."""
    return as_json({"error": sentence, **more}, status)


def install(app: Flask) -> None:
    """Answer every error of `app` as JSON."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    sentence = _SENTENCES.get(status, f"{error.name}.") if _is_default(error) else str(error.description)
    answer = refusal(status, sentence.format(method=request.method) if status == 405 else sentence)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _is_default(error: HTTPException) -> bool:
    return error.description is None or error.description == type(error).description


def _failed(error: Exception) -> Response:
    log.error("%s %s failed.", request.method, request.path, exc_info=error)
    return refusal(500, "Something went wrong here; this program's log says what.")
