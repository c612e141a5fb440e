#!/bin/sh
# SPDX-License-Identifier: MIT
# What a reader of the source relies on: a kernel's file has the kernel, files are short, and each names its licence.
# usage: test_house.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/cli/lib.sh

none() { # FILES: prints them
    [ -z "$1" ] || { printf '%s\n' "$1" | sed 's/^/# /'; return 1; }
}
# Files of kernels that follow an idea of their own: not recipes, and not a compiler's variant for one ISA.
plain() { # NAMES, an extended regular expression
    find kernels -name '*.c' | grep -E "_($1)(_omp)?\.c\$" | grep -vE '_autovec_[a-z0-9]+(_omp)?\.c$' | sort
}
without() { # PATTERN FILES
    pattern=$1
    shift
    grep -LE -e "$pattern" "$@"
}
all='naive|autovec|avx2|avx512|avx512bf16|avx512vnni|neon|sve'
# shellcheck disable=SC2046
loops() { none "$(without 'for \(|while \(' $(plain "$all"))"; }
# shellcheck disable=SC2046
vectors() { none "$(without '_mm(256|512)_|vf_' $(plain 'avx2|avx512'))"; }
# shellcheck disable=SC2046
pragma() { none "$(without '#pragma omp' $(plain "$all" | grep '_omp\.c$'))"; }
sources() {
    find Makefile mk scripts kernels harness bench reports tests -path '*/node_modules' -prune -o \
        \( -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.py' -o -name '*.mjs' -o -name '*.mk' -o -name Makefile \) -print
}
short() { none "$(sources | xargs wc -l | awk '$2 != "total" && $1 > 500')"; }
licence() { none "$(sources | xargs grep -L SPDX-License-Identifier)"; }
check 'plain kernels have their loops in their files' loops
check 'plain kernels of AVX2 and AVX-512 have their vectors in their files' vectors
check 'plain _omp kernels have their pragma in their files' pragma
check 'no file is over 500 lines' short
check 'every file names its licence' licence
finish
