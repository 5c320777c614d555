"""Signatures of an A2A agent's card: each that can be checked must verify; none is asked for.

Facts from the A2A specification 1.0.1 (8.4): a signature is a JWS over the card's canonical JSON, and its
protected header may name a set of keys as `jku`. Keys are taken from the card's own origin alone, so that a
signature proves that the card was not changed on its way from there, and nothing of who is behind it.
"""

from __future__ import annotations

import json
from typing import Final

import httpx
from a2a.types import AgentCard
from a2a.utils.signing import SignatureVerificationError, create_signature_verifier
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError
from jwt.utils import base64url_decode

from router.drivers.a2a_signin import origin_of
from router.drivers.a2a_wire import OF_ITSELF
from router.drivers.addresses import refusal
from router.errors import CallError, ProtocolBroken

ALGORITHMS: Final = ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"]
"""Those with a public key: of any other the key that checks could sign as well."""


async def check_signatures(http: httpx.AsyncClient, card: AgentCard, url: str, target: str) -> None:
    """Raise ProtocolBroken where a signature does not verify; one whose key cannot be had is left alone."""
    sets: dict[str, PyJWKSet | None] = {}
    for signature in card.signatures:
        address, name = _named(signature.protected)
        if not address or refusal(address) or origin_of(address) != origin_of(url):
            continue
        if address not in sets:
            sets[address] = await _keys(http, address)
        key = _key(sets[address], name)
        if key is None:
            continue
        alone = AgentCard()
        alone.CopyFrom(card)
        del alone.signatures[:]
        alone.signatures.append(signature)
        _check(alone, key, name, target)


def _check(card: AgentCard, key: PyJWK, name: str, target: str) -> None:
    try:
        create_signature_verifier(lambda _, __: key, ALGORITHMS)(card)
    except (SignatureVerificationError, ValueError) as error:
        reason = (
            f'the signature of its card by the key "{name}" does not verify: card or signature was changed'
        )
        raise ProtocolBroken(target, reason) from error


def _named(protected: str) -> tuple[str, str]:
    """Return where the keys of a signature are and which of them made it; empty where it does not say."""
    try:
        header = json.loads(base64url_decode(protected.encode()))
    except ValueError:
        return "", ""
    told = (header.get("jku"), header.get("kid")) if isinstance(header, dict) else (None, None)
    address, name = (each if isinstance(each, str) else "" for each in told)
    return address, name


async def _keys(http: httpx.AsyncClient, address: str) -> PyJWKSet | None:
    try:
        response = await http.get(address, extensions=OF_ITSELF)
        response.raise_for_status()
        return PyJWKSet.from_dict(response.json())
    except (httpx.HTTPError, CallError, PyJWTError, ValueError, TypeError, AttributeError, KeyError):
        return None


def _key(keys: PyJWKSet | None, name: str) -> PyJWK | None:
    """Return the key of that name, if it is one of a pair."""
    found = next((each for each in keys.keys if each.key_id == name), None) if keys else None
    return found if found is not None and found.key_type != "oct" else None
