"""Settings of fetching by URL, from `SELVAGE_FETCH_*`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from services.kit.settings import Settings, prefix

Network = IPv4Network | IPv6Network


class FetchSettings(Settings):
    """From where photos may be fetched, and how long and large they may be."""

    model_config = prefix("SELVAGE_FETCH_")

    enabled: bool = True
    """Whether photos are fetched by URL at all."""

    sources: tuple[str, ...] = ()
    """If not empty, only these, as a JSON list: hosts ("cdn.example.com"), all hosts below one (".example.com") or the
    beginnings of URLs ("https://cdn.example.com/photos/")."""

    https_only: bool = False
    """Refuse http."""

    ports: tuple[int, ...] = (80, 443)
    """Ports that may be asked, as a JSON list."""

    networks: tuple[Network, ...] = ()
    """Networks that may be reached although they are not public, as a JSON list, e.g. ["10.1.2.0/24"] for the shop's
    own server. Whoever may submit a photo may then read what is there: narrow `sources` too."""

    redirects: int = Field(5, ge=0, le=20)
    """Most redirects followed; each is checked like the first address."""

    connect_seconds: float = Field(5.0, gt=0)
    """Time limit of a name look-up and of a connection."""

    seconds: float = Field(30.0, gt=0)
    """Time limit of the whole, redirects included."""
