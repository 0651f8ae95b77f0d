#!/usr/bin/env bash
# MinIO server: the last commit before its repository was archived (no images or binaries are published any more).
. "$(dirname "$0")/_cache.sh"
go_tool minio-20260212201848 github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c minio
