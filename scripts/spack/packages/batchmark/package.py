# SPDX-License-Identifier: MIT
# Spack package, of the checkout that it lies in:
#
#   spack repo add scripts/spack
#   spack dev-build --source-path . batchmark@1.0.0
from spack.package import *


class Batchmark(MakefilePackage):
    """Benchmark suite in C for batch normalisation and matrix products on CPUs: verifies, times and compares kernels,
    sets them against the limits of the machine, and shows what they buy in training."""

    license("MIT")

    version("1.0.0")

    depends_on("gmake", type="build")
    depends_on("git", type="build")
    depends_on("pkgconf", type="build")
    depends_on("help2man", type="build")
    depends_on("python", type="build")
    depends_on("benchmark")
    depends_on("hwloc")
    depends_on("jansson")
    depends_on("zlib-api")
    depends_on("xz")
    depends_on("gnuplot", type="run")
    depends_on("check", type="test")
    depends_on("openblas threads=openmp", type="run", when="+peers")
    depends_on("blis threads=openmp", type="run", when="+peers")
    depends_on("onednn", type="run", when="+peers")
    depends_on("libxsmm blas=0", type="build", when="+peers")

    variant("peers", default=True, description="the libraries to compare with")

    sanity_check_is_file = ["bin/batchmark", "lib/libbatchmark.a", "include/batchmark/batchmark.h"]

    @property
    def build_targets(self):
        return ["CC=" + spack_cc, "CXX=" + spack_cxx, "all"]

    @property
    def install_targets(self):
        return ["CC=" + spack_cc, "CXX=" + spack_cxx, "PREFIX=" + self.prefix, "install"]

    def check(self):
        make("CC=" + spack_cc, "CXX=" + spack_cxx, "verify")
