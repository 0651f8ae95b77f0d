"""`python -m benchmarks`: every benchmark that needs nothing but this repository."""

from __future__ import annotations

from benchmarks import memory


def main() -> None:
    memory.main()


if __name__ == "__main__":
    main()
