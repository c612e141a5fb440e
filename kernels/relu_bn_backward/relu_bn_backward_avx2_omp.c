/* relu_bn_backward_avx2_omp */
#define BN_PLACE ACT_BEFORE
#include "bn_simd_backward.h"

BM_KERNEL(.idea = "x", .source = "Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, 1983",
          .loses = "x",
          .scratch_bytes = bn_scratch_bytes, .run = bn_simd_backward);
