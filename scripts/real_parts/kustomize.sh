#!/usr/bin/env bash
# kustomize: builds the manifests of deploy/k8s. It is what `kubectl kustomize` runs.
. "$(dirname "$0")/_cache.sh"
go_tool kustomize-v5.8.1 sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 kustomize
