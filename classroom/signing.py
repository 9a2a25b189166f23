"""Signatures of a class: Ed25519, so that whoever can verify a certificate cannot make one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workbook.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def public(key: str) -> str:
    """What verifies the signatures of a class's key, in hexadecimal digits; no secret."""
    return _private(key).public_key().public_bytes_raw().hex()


def signature(key: str, content: bytes) -> str:
    """A signature, in hexadecimal digits."""
    return _private(key).sign(content).hex()


def holds(verifies: str, content: bytes, given: str) -> bool:
    """Whether a signature is of the class whose `public` this is, and of this content."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        verifier = Ed25519PublicKey.from_public_bytes(bytes.fromhex(verifies))
        verifier.verify(bytes.fromhex(given), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(key: str) -> Ed25519PrivateKey:
    """The signing key follows from the class's key: there is one secret file to keep."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise UsageError("certificates need cryptography: pip install .[classroom]") from None

    seed = hashlib.sha256(b"operator-workbook certificates\0" + key.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)
