"""Certificates of an authority made for the test, as PEM files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """Paths of the certificate, with those between it and its root, and of its key."""

    certificate: Path
    key: Path


class Authority:
    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._authority = trustme.CA(organization_name=name)
        self.ca = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(str(self.ca))

    def issue(self, name: str, *hosts: str, organisation: str | None = None) -> Certificate:
        """For the common name `name`; files are called after it and replace those of an earlier call, the key first."""
        made = self._authority.issue_cert(
            *(hosts or ("127.0.0.1", "localhost")), common_name=name, organization_name=organisation
        )
        stem = name.replace(":", "-")
        files = Certificate(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")
        made.private_key_pem.write_to_path(str(files.key))
        files.certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        return files
