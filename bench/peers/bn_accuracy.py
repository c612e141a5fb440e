#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How far batch normalisation forward is from double precision: ours, oneDNN's and PyTorch's, on the same data.

Needs numpy, PyTorch and build/libbatchmark.so (`make`); oneDNN if it is installed. Exit code 1 if a peer is closer than ours."""
import argparse
import ctypes
import sys

import numpy as np
import torch


class Bn(ctypes.Structure):  # struct bm_bn of kernels/bn.h
    _fields_ = [("threads", ctypes.c_int), ("scratch", ctypes.c_void_p)] + \
        [(n, ctypes.c_size_t) for n in ("N", "C", "S")] + [("layout", ctypes.c_int)] + \
        [(n, ctypes.c_size_t) for n in ("ldx", "ldy", "lddy", "lddx")] + \
        [(n, ctypes.c_void_p) for n in ("x", "y", "dy", "dx", "gamma", "beta", "dgamma", "dbeta", "mean", "rstd",
                                        "running_mean", "running_var", "given_mean", "given_var")] + \
        [("eps", ctypes.c_float), ("momentum", ctypes.c_float), ("unbiased", ctypes.c_bool), ("slope", ctypes.c_float)]


class Kernel(ctypes.Structure):  # struct bm_kernel of kernels/kernel.h, up to run
    _fields_ = [("name", ctypes.c_char_p), ("op", ctypes.c_void_p), ("isa", ctypes.c_int), ("omp", ctypes.c_bool)] + \
        [(n, ctypes.c_void_p) for n in ("peer", "idea", "source", "loses", "refuses", "scratch_bytes")] + \
        [("run", ctypes.CFUNCTYPE(None, ctypes.POINTER(Bn)))]


def product(library, name, x, gamma, beta, eps):
    """y, running mean and running variance of one of our kernels; None if it does not run here."""
    library.bm_find.restype = ctypes.POINTER(Kernel)
    library.bm_scratch_bytes.restype = ctypes.c_size_t
    kernel = library.bm_find(name.encode())
    if not kernel or not library.bm_runnable(kernel, None):
        return None
    n, c, s = x.shape
    y, mean, rstd, running_mean = np.empty_like(x), np.empty(c, "f4"), np.empty(c, "f4"), np.zeros(c, "f4")
    running_var = np.ones(c, "f4")
    at = lambda a: a.ctypes.data
    bn = Bn(threads=1, N=n, C=c, S=s, layout=int(s > 1), ldx=c * s, ldy=c * s, lddy=c * s, lddx=c * s, x=at(x), y=at(y),
            gamma=at(gamma), beta=at(beta), mean=at(mean), rstd=at(rstd), running_mean=at(running_mean),
            running_var=at(running_var), eps=eps, momentum=0.1, unbiased=True)
    scratch = np.empty(library.bm_scratch_bytes(kernel, ctypes.byref(bn)) + 64, "u1")
    bn.scratch = (at(scratch) + 63) // 64 * 64
    kernel.contents.run(ctypes.byref(bn))
    return y, running_mean, running_var


def pytorch(x, gamma, beta, eps):
    running_mean, running_var = torch.zeros(len(gamma)), torch.ones(len(gamma))
    y = torch.nn.functional.batch_norm(torch.from_numpy(x), running_mean, running_var, torch.from_numpy(gamma),
                                       torch.from_numpy(beta), True, 0.1, eps)
    return y.numpy(), running_mean.numpy(), running_var.numpy()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--library", default="build/libbatchmark.so.0")
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    library, rng, eps = ctypes.CDLL(a.library), np.random.default_rng(a.seed), 1e-5
    shapes = [(32, 128, 1), (32, 300, 1), (256, 128, 1), (1024, 1024, 1), (32, 64, 3136), (32, 256, 196), (32, 2048, 49),
              (1, 64, 3136), (32, 13, 49)]
    worse = 0
    print("largest |y - y in double|, in units of 2^-24 of the largest |y|; running variance: relative, in 2^-24")
    print(f"{'N x C x S':>16} {'mean':>8} " + " ".join(f"{n:>22}" for n in ("ours", "oneDNN", "PyTorch")))
    for n, c, s in shapes:
        for mean in (0, 1e4):  # in deviations
            x = (rng.standard_normal((n, c, s)) + mean).astype("f4")
            gamma, beta = rng.uniform(0.5, 1.5, c).astype("f4"), rng.standard_normal(c).astype("f4")
            exact = x.astype("f8")
            m, v = exact.mean((0, 2)), exact.var((0, 2))
            row = (None, slice(None), None)
            want = (exact - m[row]) / np.sqrt(v[row] + np.float32(eps)) * gamma[row] + beta[row]
            running = 1 + np.float64(np.float32(0.1)) * (v * (n * s / (n * s - 1)) - 1)
            errors = []
            for y in (product(library, "bn_forward_auto", x, gamma, beta, eps),
                      product(library, "bn_forward_onednn", x, gamma, beta, eps), pytorch(x, gamma, beta, eps)):
                errors.append(None if y is None else (np.abs(y[0] - want).max() / np.abs(want).max() * 2**24,
                                                      (np.abs(y[2] - running) / running).max() * 2**24))
            print(f"{n:>6} x{c:>4} x{s:>4} {mean:>8g} " +
                  " ".join("not here".rjust(22) if e is None else f"{e[0]:>12.1f} {e[1]:>9.1f}" for e in errors))
            # Below 4 units it is the rounding of the result that is compared, not the method.
            worse += any(e is not None and errors[0][0] > max(e[0], 4) for e in errors[1:])
    print(f"{worse} of {2 * len(shapes)} where a peer is closer by more than the rounding of the result")
    return worse > 0


if __name__ == "__main__":
    sys.exit(main())
