"""The fixtures of tests/parts/house.py."""

from tests.parts.house import behaviour, database_url, house, make_house, postgres, store

__all__ = ["behaviour", "database_url", "house", "make_house", "postgres", "store"]
