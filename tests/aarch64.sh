#!/bin/sh
# Builds the codec and its unit tests for aarch64 and runs them under qemu-user: stored bytes must not depend on
# the machine (there char is unsigned, for one). The libraries come as Debian's arm64 packages, unpacked into
# build/aarch64; the system itself stays as it is.
# Debian packages: g++-aarch64-linux-gnu make qemu-user
set -eu
cd "$(dirname "$0")/.."
work=$PWD/build/aarch64
root=$work/root
mkdir -p "$work/apt/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/include" "$root"

if [ ! -e "$work/complete" ]; then
    : >"$work/apt/status"
    (
        cd "$work/debs"
        set -- -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
            -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" -o Dir::Cache="$work/cache"
        apt-get "$@" update
        apt-get "$@" download libzstd1 libzstd-dev libxxhash0 libxxhash-dev libssl3 libssl-dev
        for package in *.deb; do dpkg -x "$package" "$root"; done
    )
    ln -sfn /usr/include/nlohmann "$work/include/nlohmann"
    ln -sfn /usr/include/doctest "$work/include/doctest"
    touch "$work/complete"
fi

libraries=$root/usr/lib/aarch64-linux-gnu
cat >"$work/Makefile" <<MAKE
CXX = aarch64-linux-gnu-g++
CXXFLAGS = -std=c++20 -O2 -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict -Werror -I. -isystem $work/include \
  -isystem $root/usr/include -isystem $root/usr/include/aarch64-linux-gnu -DBITX_TEST_DATA='"$PWD/tests/data"' -MMD -MP
OBJECTS = \$(patsubst %.cpp,$work/%.o,$(echo $(find codec tests/unit/codec tests/unit/main.cpp -name '*.cpp' | sort)))
$work/codec_test: \$(OBJECTS)
	\$(CXX) -o \$@ \$^ -L$libraries -Wl,-rpath-link,$libraries -lzstd -lxxhash -lcrypto
$work/%.o: %.cpp
	@mkdir -p \$(dir \$@)
	\$(CXX) \$(CXXFLAGS) -c -o \$@ \$<
-include \$(OBJECTS:.o=.d)
MAKE
make -s -f "$work/Makefile" -j "$(nproc)"
run() {
    qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$libraries:/usr/aarch64-linux-gnu/lib" "$@"
}
run "$work/codec_test"
run -E BITX_SIMD=scalar "$work/codec_test"
