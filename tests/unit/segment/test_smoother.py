"""Edge-aware propagation against the equations it solves."""

from __future__ import annotations

import numpy as np

from services.segment.smoother import _columns, _rows, propagate


def test_a_row_is_the_solution_of_its_tridiagonal_system() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(3, 9)).astype(np.float32)
    flow = rng.uniform(0, 1, (3, 9)).astype(np.float32)
    strength = np.float32(5)
    solved = plane.copy()
    _rows(solved, flow, strength)
    for y in range(3):
        system = np.eye(9)
        for x in range(8):
            weight = strength * flow[y, x]
            system[x : x + 2, x : x + 2] += weight * np.array([[1, -1], [-1, 1]])
        np.testing.assert_allclose(solved[y], np.linalg.solve(system, plane[y]), rtol=1e-4, atol=1e-5)


def test_columns_are_rows_turned() -> None:
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(8, 6)).astype(np.float32)
    flow = rng.uniform(0, 1, (8, 6)).astype(np.float32)
    turned, straight = np.ascontiguousarray(plane.T), plane.copy()
    _rows(turned, np.ascontiguousarray(flow.T), np.float32(3))
    _columns(straight, flow, np.float32(3))
    np.testing.assert_allclose(straight, turned.T, rtol=1e-5, atol=1e-6)


def test_evidence_stops_at_a_wall_and_fills_up_to_it() -> None:
    evidence, mass = np.zeros((40, 40), np.float32), np.full((40, 40), 1e-6, np.float32)
    evidence[20, 5], mass[20, 5] = 1, 1
    mass[20, 35] = 1
    across, down = np.ones((40, 40), np.float32), np.ones((40, 40), np.float32)
    across[:, 19] = 0
    spread, _ = propagate(evidence, mass, across, down, 60.0)
    assert spread[:, :20].min() > 0.95
    assert spread[:, 20:].max() < 0.05


def test_uniform_evidence_stays() -> None:
    value = np.full((20, 30), 0.3, np.float32)
    flow = np.random.default_rng(2).uniform(0, 1, (20, 30)).astype(np.float32)
    spread, arrived = propagate(value, np.ones_like(value), flow, flow, 50.0)
    np.testing.assert_allclose(spread, 0.3, atol=1e-4)
    np.testing.assert_allclose(arrived, 1, atol=1e-3)
