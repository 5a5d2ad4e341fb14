"""A security key in software: answers the server's options for passkeys as a browser does."""

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

ORIGIN = "http://localhost"
USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class SecurityKey:
    """One key pair; `can_verify_user` says whether it has a PIN."""

    def __init__(self, origin: str = ORIGIN, can_verify_user: bool = True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.origin = origin
        self.flags = USER_PRESENT | (USER_VERIFIED if can_verify_user else 0)
        self.count = 0

    def create(self, options: str) -> str:
        """Answer the options of a new passkey."""
        request = json.loads(options)
        client_data = self._client_data("webauthn.create", request["challenge"])
        authenticator_data = self._authenticator_data(request["rp"]["id"], HAS_CREDENTIAL) + self._credential()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        return self._answer({"clientDataJSON": client_data, "attestationObject": attestation})

    def sign(self, options: str, user_handle: bytes | None = None) -> str:
        """Answer the options of using a passkey."""
        request = json.loads(options)
        self.count += 1
        client_data = self._client_data("webauthn.get", request["challenge"])
        authenticator_data = self._authenticator_data(request["rpId"])
        signature = self.key.sign(authenticator_data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client_data, "authenticatorData": authenticator_data, "signature": signature}
        return self._answer(parts | ({"userHandle": user_handle} if user_handle else {}))

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _authenticator_data(self, domain: str, flags: int = 0) -> bytes:
        return hashlib.sha256(domain.encode()).digest() + bytes([self.flags | flags]) + self.count.to_bytes(4, "big")

    def _credential(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public_key)

    def _answer(self, parts: dict[str, bytes]) -> str:
        response: dict[str, Any] = {name: bytes_to_base64url(value) for name, value in parts.items()}
        answer = {"id": bytes_to_base64url(self.id), "rawId": bytes_to_base64url(self.id), "type": "public-key"}
        return json.dumps(answer | {"response": response})
