"""Prometheus metrics: `catalogue` defines every one, `record` has the functions that record, `labels` the label values.

Read a metric as `metrics.RPC_REQUESTS`; docs/metrics.md is the list.
"""

from __future__ import annotations

from .catalogue import *  # noqa: F403
from .labels import *  # noqa: F403
from .record import *  # noqa: F403
from .registry import REGISTRY as REGISTRY
from .registry import Definition as Definition
from .registry import Mirror as Mirror
from .registry import definitions as definitions
from .registry import exposition as exposition
