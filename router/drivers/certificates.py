"""The certificates of a connection: whom it trusts, and who we are."""

from __future__ import annotations

import ssl

from router.core.settings import Tls
from router.errors import SignInFailed


def context_of(tls: Tls, target: str) -> ssl.SSLContext:
    """Return what checks the other side's certificate and shows ours. Raises SignInFailed with the file."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise SignInFailed(target, f"tls.ca: {_why(tls.ca, error)}") from error
    if tls.cert:
        try:
            context.load_cert_chain(tls.cert, tls.key or None, password=_no_password)
        except (OSError, ValueError) as error:
            raise SignInFailed(target, f"tls.cert: {_why(tls.cert, error)}") from error
    return context


def _no_password() -> str:
    """Ask nobody, where OpenSSL would ask at the terminal."""
    raise ValueError("its key has a password, which is not supported")


def _why(file: str, error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{file} holds no certificate, or no key that fits it"
    said = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return f"{file}: {said}"
