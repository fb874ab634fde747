#!/bin/sh
# Checks which folder includes what: codec and remote know neither each other nor agent, and codec does no
# input, no output, and starts no threads. Plants each kind of violation in a copy first, to prove that it
# would be seen.
# usage: layering.sh [project folder]
set -eu

# violations ROOT: prints each #include that is not allowed there, as file:line:text.
violations() (
    cd "$1"
    includes='^[[:space:]]*#[[:space:]]*include[[:space:]]*'
    for library in codec remote; do
        # What is written in quotes is ours, and must be of the same folder, by its full path.
        find "$library" -type f | sort | xargs grep -HnE "$includes\"" | grep -vE "include[[:space:]]*\"$library/" || true
        find "$library" -type f | sort | xargs grep -HnE "$includes[\"<]([^\">]*/)?\.\./" || true
        find "$library" -type f | sort | xargs grep -HnE "$includes<(agent|codec|remote)/" || true
    done
    io='cstdio|fcntl\.h|filesystem|fstream|iostream|stdio\.h|sys/[a-z]+\.h|unistd\.h|curl/.*|git2.*'
    threads='atomic|condition_variable|future|mutex|pthread\.h|semaphore|shared_mutex|stop_token|thread'
    find codec -type f | sort | xargs grep -HnE "$includes<($io|$threads)>" || true
)

root=${1:-$(dirname "$0")/..}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

while IFS='|' read -r file line; do
    rm -rf "$copy/tree"
    mkdir "$copy/tree"
    cp -R "$root/codec" "$root/remote" "$copy/tree"
    mkdir -p "$(dirname "$copy/tree/$file")"
    printf '%s\n' "$line" >>"$copy/tree/$file"
    seen=$(violations "$copy/tree")
    case $seen in
    *"$file:"*"$line"*) ;;
    *)
        echo "layering.sh does not see a planted violation: $line in $file" >&2
        exit 1
        ;;
    esac
done <<'PLANTED'
codec/hash.cpp|#include "agent/error.hpp"
codec/bytes.hpp|#include "remote/error.hpp"
codec/new/deep/file.hpp|  #  include "remote/engine.hpp"
codec/hash.cpp|#include "../remote/error.hpp"
codec/hash.cpp|#include "codec/../agent/error.hpp"
codec/hash.cpp|#include <remote/error.hpp>
codec/hash.cpp|#include "engine.hpp"
codec/hash.cpp|#include <fstream>
codec/hash.cpp|#include <sys/stat.h>
codec/hash.cpp|#include <thread>
remote/engine.cpp|#include "codec/hash.hpp"
remote/engine.hpp|#include "agent/error.hpp"
PLANTED

found=$(violations "$root")
if [ -n "$found" ]; then
    printf 'these includes cross the layers (see CMakeLists.txt):\n%s\n' "$found" >&2
    exit 1
fi
