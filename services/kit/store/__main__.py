"""`python -m services.kit.store`: creates the bucket of SELVAGE_STORE_URL when it is not there, and ends."""

from __future__ import annotations

import sys

from services.kit import logs
from services.kit.errors import SelvageError
from services.kit.settings import load
from services.kit.store.s3 import S3Store
from services.kit.store.settings import StoreSettings


def main() -> None:
    logs.configure()
    try:
        settings = load(StoreSettings)
        if not settings.bucket:
            sys.exit("SELVAGE_STORE_URL names no bucket. Set it to s3://bucket; a folder needs no set-up.")
        S3Store(settings).ensure_bucket()
    except SelvageError as error:
        sys.exit(error.message)
    logs.get(__name__).info("bucket_ready", bucket=settings.bucket, endpoint=settings.endpoint)


if __name__ == "__main__":
    main()
