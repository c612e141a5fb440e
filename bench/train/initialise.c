/* SPDX-License-Identifier: MIT */
#include "initialise.h"
#include "streams.h"

static void uniform(struct bm_random *r, float *w, size_t n, double limit)
{
    for (size_t i = 0; i < n; i++)
        w[i] = (float)(limit * bm_random_symmetric(r));
}

/* Keras' he_normal: normal, values beyond two deviations drawn again, and widened so that the deviation is right after
 * that. */
static void truncated_normal(struct bm_random *r, float *w, size_t n, double deviation)
{
    for (size_t i = 0; i < n; i++) {
        double x;
        do
            x = bm_random_normal(r);
        while (fabs(x) > 2);
        w[i] = (float)(deviation / 0.87962566103423978 * x);
    }
}

static void fill(float *p, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        p[i] = value;
}

/* config->init_scale */
static void scale(struct bm_parameter *p, double by)
{
    for (size_t i = 0; i < p->count && by != 1; i++)
        p->w[i] = (float)(by * p->w[i]);
}

static void initialise_norm(struct bm_norm *n)
{
    fill(n->gamma.w, n->width, 1);
    fill(n->beta.w, n->width, 0);
    fill(n->running_mean, n->width, 0);
    fill(n->running_var, n->width, 1);
}

void bm_network_initialise(struct bm_network *net)
{
    struct bm_random r = bm_random_start(net->config->seed, BM_STREAM_WEIGHTS);
    net->rounded = false;
    initialise_norm(&net->input);
    for (unsigned l = 0; l < net->layers; l++) {
        struct bm_layer *layer = &net->layer[l];
        const double in = (double)layer->in, taps = layer->channels ? BM_CONV_FILTER * BM_CONV_FILTER : 1;
        const double out = taps * (double)layer->out; /* that an input goes to */
        fill(layer->bias.w, layer->out, 0);
        for (size_t row = 0; row < layer->in; row++)
            for (int me = 0; me < layer->team; me++) {
                const struct bm_share_of own = bm_share_of(layer, me);
                float *w = layer->weight.w + own.offset + row * own.ld;
                const size_t n = own.end - own.begin;
                switch (net->config->init) {
                case BM_INIT_GLOROT_UNIFORM: /* Glorot & Bengio, AISTATS 2010 */
                    uniform(&r, w, n, sqrt(6 / (in + out)));
                    break;
                case BM_INIT_HE_NORMAL: /* He et al., ICCV 2015 */
                    truncated_normal(&r, w, n, sqrt(2 / in));
                    break;
                case BM_INIT_TORCH:
                    uniform(&r, w, n, 1 / sqrt(in));
                    break;
                }
            }
        scale(&layer->weight, net->config->init_scale);
        if (net->config->init == BM_INIT_TORCH)
            uniform(&r, layer->bias.w, layer->out, 1 / sqrt(in));
        initialise_norm(&layer->norm);
    }
}
