#!/bin/sh
# Checks that every C++ file is as clang-format 14 leaves it; `formatting.sh --fix` makes it so.
set -eu
cd "$(dirname "$0")/.."
format=$(command -v clang-format-14 || command -v clang-format) || {
    echo "formatting.sh needs clang-format 14 (Debian: clang-format-14)" >&2
    exit 1
}
case ${1:-} in
--fix) mode=-i ;;
'') mode='--dry-run --Werror' ;;
*)
    echo "usage: formatting.sh [--fix]" >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2086  # two options
find agent codec remote tests -name '*.[ch]pp' -print0 | xargs -0 "$format" $mode
