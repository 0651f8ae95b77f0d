"""One dashboard a module."""

from __future__ import annotations

from scripts.monitoring.panels import Board

from . import cost, quality, services, sla, throughput, triton

ALL: tuple[Board, ...] = (sla.BOARD, throughput.BOARD, cost.BOARD, quality.BOARD, services.BOARD, triton.BOARD)
