"""Which connections network policies allow, by the rules of networking.k8s.io/v1 NetworkPolicy."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

Policy = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    name: str
    labels: dict[str, str] = field(hash=False)
    namespace: dict[str, str] = field(hash=False)
    """Labels of its namespace; kubernetes.io/metadata.name is its name."""


@dataclass(frozen=True)
class Address:
    ip: str


Peer = Pod | Address


def allowed(policies: list[Policy], source: Peer, target: Peer, port: int, protocol: str = "TCP") -> bool:
    """Whether both ends let the connection through. Policies are those of the namespace "selvage"."""
    return _lets(policies, "Egress", source, target, port, protocol) and _lets(
        policies, "Ingress", target, source, port, protocol
    )


def _lets(policies: list[Policy], direction: str, subject: Peer, other: Peer, port: int, protocol: str) -> bool:
    if isinstance(subject, Address) or subject.namespace["kubernetes.io/metadata.name"] != "selvage":
        return True
    specs = [each["spec"] for each in policies]
    binding = [
        spec for spec in specs if direction in spec["policyTypes"] and matches(spec["podSelector"], subject.labels)
    ]
    if not binding:
        return True
    key, side = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    return any(
        _port(rule, port, protocol) and any(_peer(peer, other) for peer in rule[side])
        for spec in binding
        for rule in spec.get(key, [])
    )


def _port(rule: dict[str, Any], port: int, protocol: str) -> bool:
    return any(each["port"] == port and each["protocol"] == protocol for each in rule["ports"])


def _peer(peer: dict[str, Any], other: Peer) -> bool:
    if block := peer.get("ipBlock"):
        if isinstance(other, Pod):
            return False
        ip = ipaddress.ip_address(other.ip)
        return ip in ipaddress.ip_network(block["cidr"]) and not any(
            ip in ipaddress.ip_network(each) for each in block.get("except", [])
        )
    if isinstance(other, Address):
        return False
    if "namespaceSelector" in peer:
        near = matches(peer["namespaceSelector"], other.namespace)
    else:
        near = other.namespace["kubernetes.io/metadata.name"] == "selvage"
    return near and matches(peer.get("podSelector", {}), other.labels)


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
