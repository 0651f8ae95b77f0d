#!/usr/bin/env bash
# buf: lints the protos.
. "$(dirname "$0")/_cache.sh"
go_tool buf-v1.75.0 github.com/bufbuild/buf/cmd/buf@v1.75.0 buf
