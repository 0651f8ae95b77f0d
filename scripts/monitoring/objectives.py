"""Service level objectives: what is promised, and the windows in which its burning is watched.

The burn rates are those of the SRE workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/): a rate of 1
uses up the error budget of 30 days in 30 days. Events are images and calls, never jobs: of ten jobs a day, one is 10 %.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOWS = ("5m", "30m", "1h", "6h", "3d", "30d")


@dataclass(frozen=True)
class Burn:
    """Fires while both windows burn faster than `rate`; the short one ends it soon after the trouble has."""

    suffix: str
    rate: float
    long: str
    short: str
    severity: str


BURNS = (
    Burn("Fast", 14.4, "1h", "5m", "page"),
    Burn("Steady", 6, "6h", "30m", "page"),
    Burn("Slow", 1, "3d", "6h", "ticket"),
)


@dataclass(frozen=True)
class Objective:
    """`bad` and `all` are PromQL sums of rates with %s for the window. An alert needs at least `least_all` events and
    `least_bad` bad ones in its long window, or a single late image of a quiet night would ring."""

    key: str
    alert: str
    target: float
    bad: str
    all: str
    least_all: int
    least_bad: int
    what: str
    anchor: str

    @property
    def allowed(self) -> float:
        """The error budget as a ratio."""
        return round(1 - self.target, 6)


# Probes and scrapes are no calls of a customer.
_HTTP = 'route!~"/healthz|/readyz|/metrics"'
# The gateway's own API; segment, matting and compose answer to the gateway alone.
_RPC = 'service=~"selvage_api[.].+", service!~"selvage_api[.](segment|matting|compose|usage)[.].+"'
# What is our fault: a caller's own deadline, quota or slip of the pen is not.
_RPC_BAD = 'code=~"UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS"'

IMAGES = Objective(
    key="images_late",
    alert="SelvageImagesLate",
    target=0.99,
    bad="(sum(rate(selvage_images_finished_total[%s])) - sum(rate(selvage_images_in_time_total[%s])))",
    all="sum(rate(selvage_images_finished_total[%s]))",
    least_all=20,
    least_bad=3,
    what="images late or failed",
    anchor="images-late",
)
API = Objective(
    key="api_errors",
    alert="SelvageApiErrors",
    target=0.995,
    bad=f'((sum(rate(selvage_http_requests_total{{{_HTTP}, status=~"5.."}}[%s])) or vector(0))'
    f" + (sum(rate(selvage_rpc_requests_total{{{_RPC}, {_RPC_BAD}}}[%s])) or vector(0)))",
    all=f"((sum(rate(selvage_http_requests_total{{{_HTTP}}}[%s])) or vector(0))"
    f" + (sum(rate(selvage_rpc_requests_total{{{_RPC}}}[%s])) or vector(0)))",
    least_all=100,
    least_bad=10,
    what="calls of the API failed",
    anchor="api-errors",
)
OBJECTIVES = (IMAGES, API)
