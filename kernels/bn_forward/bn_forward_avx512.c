/* bn_forward_avx512 */
#define BN_PLACE ACT_NONE
#include "bn_simd_forward.h"

BM_KERNEL(.idea = "x", .source = "Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, 1983",
          .loses = "x",
          .scratch_bytes = bn_scratch_bytes, .run = bn_simd_forward);
