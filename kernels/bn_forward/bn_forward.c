/* SPDX-License-Identifier: MIT */
/*
 * bn_forward - batch normalisation in training: y, the saved mean and rstd, and the running statistics (bn.h).
 *
 * Operands: x in, y out, gamma in, beta in, mean out, rstd out, running_mean and running_var in and out; given_mean and
 * given_var in, if the statistics are given.
 *
 * Error bounds of all bn ops, as bn_oracle.h computes them. u = 2^-24, L = N S, k = (min(L, 256) + 44) u <= 300u.
 *
 * A sum of f32 terms in chains of at most 256, continued in double, is off by at most 255u sum |term|; the 44u pay
 * for what makes the terms (at most three roundings) and for what is done to the sum. For the mean the terms are
 * x - m_c, m_c being the channel's first element, or x less any other centre, if shorter chains make up for a greater
 * distance from it; and the saved mean is rounded to f32:
 *
 *   E_mean = 4u |mean| + 300u (average |x - m_c| + deviation), and 0 in a constant channel, whose terms all are 0
 *
 * The terms of the variance are squares, so relative errors double; about a mean that is off by E it grows by E^2:
 *
 *   E_var = 600u var + E_mean^2,  and r, the relative error of rstd,
 *   r = max((1 - v)^(-1/2) - 1, 1 - (1 + v)^(-1/2)) + 4u with v = E_var / (var + eps),
 *
 * the 4u for the rounding of var, the sum with eps, the root and the division.
 *
 * Every kernel must form x - mean first: y = gamma ((x - mean) rstd) + beta or (x - mean) (gamma rstd) + beta,
 * either with at most four roundings of gamma xhat and one of beta:
 *
 *   E_y = |gamma| rstd (1 + r) E_mean + |gamma xhat| (r + 5u) + 2u |beta|
 *
 * With a mean of 1e4 deviations the first term leads, 4u |mean| rstd |gamma|: the price of a mean in f32. The form
 * x scale + (beta - mean scale) rounds at u |x scale| in every step and, where the mean is given as in inference, has
 * no E_mean to pay from: it is not allowed.
 *
 * An activation after it stretches an error by at most max(1, |slope|), and by |slope| where y is surely negative:
 * with ReLU such an element must be exactly 0. An activation before it is one f32 product, correctly rounded and so
 * the same in every kernel: all of the above is about act(x) rounded to f32.
 *
 * Running statistics: momentum times the error of the statistic, and 6u of each term for r + momentum (b - r) as well
 * as for (1 - momentum) r + momentum b. Unbiased and biased differ by var / L, more than E_var while L < 25,000.
 *
 * Inference: mean and variance are given, E_mean = 0 and r = 4u. Forward with given statistics likewise: the mean is
 * saved as it was given, to the bit, and E_var = 0; the product with L / (L - 1) is paid by the running variance's 6u.
 *
 * Backward: mean and rstd are given in f32, so xhat = (x - mean) rstd exactly. With d = dy, or dy times act':
 *
 *   E_dbeta = k sum |d|        E_dgamma = k sum |d xhat|
 *   E_dx = |gamma| rstd (E_dbeta / L + |xhat| E_dgamma / L + 10u (|d| + |dbeta| / L + |xhat dgamma| / L))
 *
 * whether written as in bn.h or as a dy + b (x - mean) + c. bn_relu_backward: where |gamma xhat + beta| is not above
 * its own rounding error, 5u |gamma xhat| + 2u |beta|, the mask may go either way, and |(1 - slope) dy| of that element
 * is added to E_dbeta, times |xhat| to E_dgamma, and times |gamma| rstd to its own E_dx. relu_bn_backward: the sign of
 * x is certain, and ReLU's dx is exactly 0 where x <= 0.
 *
 * A few least subnormals are added everywhere, times what they may be multiplied with later. Infinities and NaN must
 * come out as the formula has them; only the mean of a channel with an infinity is left open.
 */
#include "bn_op.h"

BN_OP(bn_forward, BN_FORWARD, ACT_NONE,
      "y = gamma (x - mean) rstd + beta by the batch's or given statistics, saved; running statistics updated");
