#!/usr/bin/env bash
# A Kubernetes control plane from its Go modules, since images need a registry: etcd, kube-apiserver,
# kube-controller-manager, kube-scheduler and kubectl, and KEDA's resource definition. Prints their folder. Needs Go 1.26
# and 5 GB for Go's caches; the time is in docs/kubernetes.md.
. "$(dirname "$0")/_cache.sh"
kubernetes=1.37.2 etcd=3.7.3 keda=2.21.0
name="kubernetes-$kubernetes-1"
target="$CACHE/$name"

# folder MODULE@VERSION: where the module's files are.
folder() { go mod download -json "$1" | sed -n 's/^\s*"Dir": "\(.*\)",$/\1/p'; }

build() {
    # The libraries that Kubernetes keeps beside itself are modules v0.x.y for everybody else.
    go mod init selvage.dev/kubernetes 2>/dev/null
    sed -n 's|^\s*\(k8s.io/[a-z-]*\) => ./staging/.*|\1|p' "$(folder "k8s.io/kubernetes@v$kubernetes")/go.mod" |
        while read -r library; do go mod edit -replace "$library=$library@v0.${kubernetes#*.}"; done
    go mod edit -require "k8s.io/kubernetes@v$kubernetes" -require "go.etcd.io/etcd/server/v3@v$etcd"
    local version=k8s.io/component-base/version minor
    minor="$(cut -d. -f2 <<<"$kubernetes")"
    CGO_ENABLED=0 nice -n "${SELVAGE_BUILD_NICE:-10}" go build -mod=mod -trimpath -o made/ \
        -ldflags "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$minor" \
        go.etcd.io/etcd/server/v3 \
        k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubectl}
    mv made/server made/etcd
    cp "$(folder "github.com/kedacore/keda/v2@v$keda")/config/crd/bases/keda.sh_scaledobjects.yaml" made/
    chmod 644 made/*.yaml
}

if [ ! -d "$target" ]; then
    if ! command -v go >/dev/null; then
        echo "Kubernetes is built from source and needs Go 1.26 or newer; install it from https://go.dev/dl/" >&2
        exit 1
    fi
    (
        flock 9
        [ -d "$target" ] && exit 0
        work="$(mktemp -d "$CACHE/build.XXXXXX")"
        trap 'rm -rf "$work"' EXIT
        mkdir "$work/made"
        cd "$work"
        build >&2
        mv made "$target"
    ) 9>"$CACHE/locks/$name"
fi
echo "$target"
