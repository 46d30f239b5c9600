"""Settings: a program's environment as one frozen struct, read once and validated.

Runs in the main thread before anything is started. Knows how to read settings, not what they are used for.
"""

import math
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import NODEFAULT, Meta, Struct

S = TypeVar("S", bound=Struct)

_PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
_CHROOT = r"(?:/(?!\.{1,2}(?:/|\Z))[^/\s,]+)*"

_OPEN = "ZOOKEEPER_AUTH is empty: whoever reaches ZooKeeper can read and change what is there, and order nodes about."

Port = Annotated[int, Meta(ge=1, le=65535, description="a port from 1 to 65535")]


class CommonSettings(Struct, frozen=True, kw_only=True):
    """What both programs read. A field's variable is its name in capitals; its description says what is allowed."""

    zookeeper_hosts: Annotated[
        str,
        Meta(
            pattern=rf"\A{_HOST}:{_PORT}(?:,{_HOST}:{_PORT})*{_CHROOT}\Z",
            max_length=2000,
            description="host:port,host:port with an optional /chroot",
        ),
    ] = "127.0.0.1:2181"
    session_timeout_s: Annotated[
        float,
        Meta(ge=0.1, le=3600, description="a number of seconds from 0.1 to 3600"),
    ] = 2.0
    zookeeper_auth: Annotated[
        str,
        Meta(pattern=r"\A(?:[^:]+:.+)?\Z", max_length=1000, description="user:password", extra={"secret": True}),
    ] = ""
    bind_host: Annotated[
        str,
        Meta(
            pattern=r"\A(?:[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})\Z",
            description="an address or a host name to listen on, without a port",
        ),
    ] = "127.0.0.1"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Meta(description="DEBUG, INFO, WARNING or ERROR"),
    ] = "INFO"

    @property
    def warning(self) -> str | None:
        """What whoever runs the program should know of these settings."""
        return None if self.zookeeper_auth else _OPEN


class BadSetting(Exception):
    """A setting that is not valid. The text is one line for the user, without the value of what is secret."""


def read_settings(kind: type[S], environ: Mapping[str, str]) -> S:
    """`kind` with what `environ` says, else its defaults. Raises BadSetting at the first that is not valid."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        variable = field.name.upper()
        raw = environ.get(variable)
        if raw is None or (raw == "" and field.default == ""):
            if field.required:
                raise BadSetting(f"{variable} is not set; allowed is {_allowed(field.type)}.")
            continue
        values[field.name] = _value(variable, raw, field.type)
    return kind(**values)


def settings_or_exit(kind: type[S]) -> S:
    """The settings from this process's environment; a bad one ends the program with status 2 and one line."""
    try:
        return read_settings(kind, os.environ)
    except BadSetting as bad:
        sys.stderr.write(f"{bad}\n")
        sys.exit(2)


def _value(variable: str, raw: str, allowed_type: Any) -> Any:
    try:
        # What is unprintable is not UTF-8, or would break the one line that a log or an error is.
        value = msgspec.convert(raw, allowed_type, strict=False) if raw and raw.isprintable() else NODEFAULT
    except (ValueError, RecursionError):
        value = NODEFAULT
    # NaN passes every bound.
    if value is NODEFAULT or (isinstance(value, float) and not math.isfinite(value)):
        shown = "set to something else" if _is_secret(allowed_type) else f"set to {_shortened(raw)}"
        raise BadSetting(f"{variable} is {shown}; allowed is {_allowed(allowed_type)}.")
    return value


def _shortened(raw: str) -> str:
    shown = ascii(raw) if not raw.isprintable() else repr(raw)
    return shown if len(shown) <= 120 else f"{shown[:120]}…"


def _metas(allowed_type: Any) -> list[Meta]:
    return [argument for argument in get_args(allowed_type) if isinstance(argument, Meta)]


def _allowed(allowed_type: Any) -> str:
    return next((meta.description for meta in _metas(allowed_type) if meta.description), "another value")


def _is_secret(allowed_type: Any) -> bool:
    return any((meta.extra or {}).get("secret") is True for meta in _metas(allowed_type))
