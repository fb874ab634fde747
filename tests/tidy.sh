#!/bin/sh
# Runs clang-tidy over every C++ file of the project, with the compile commands of a Clang build in build/tidy.
# usage: tidy.sh [file...]   (default: all)
set -eu
cd "$(dirname "$0")/.."
cmake -S . -B build/tidy -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Debug -DBITX_FUZZ=ON >/dev/null
[ $# -gt 0 ] || set -- $(find agent codec remote tests -name '*.cpp' | sort)
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p build/tidy
