"""The fixtures of tests/parts/house.py."""

from tests.parts.house import behaviour, database_url, house, make_house, postgres, service_address, store

__all__ = ["behaviour", "database_url", "house", "make_house", "postgres", "service_address", "store"]
