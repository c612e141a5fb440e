#include "network.h"
#include "random.h"

static void uniform(struct bm_random *r, struct bm_parameter *p, double limit)
{
    for (size_t i = 0; i < p->count; i++)
        p->w[i] = (float)(limit * bm_random_symmetric(r));
}

/* Keras' he_normal: normal, values beyond two deviations drawn again, and widened so that the deviation is right after
 * that. */
static void truncated_normal(struct bm_random *r, struct bm_parameter *p, double deviation)
{
    for (size_t i = 0; i < p->count; i++) {
        double x;
        do
            x = bm_random_normal(r);
        while (fabs(x) > 2);
        p->w[i] = (float)(deviation / 0.87962566103423978 * x);
    }
}

static void fill(float *p, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        p[i] = value;
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
    initialise_norm(&net->input);
    for (unsigned l = 0; l < net->layers; l++) {
        struct bm_layer *layer = &net->layer[l];
        double in = (double)layer->in, out = (double)layer->out;
        fill(layer->bias.w, layer->out, 0);
        switch (net->config->init) {
        case BM_INIT_GLOROT_UNIFORM: /* Glorot & Bengio, AISTATS 2010 */
            uniform(&r, &layer->weight, sqrt(6 / (in + out)));
            break;
        case BM_INIT_HE_NORMAL: /* He et al., ICCV 2015 */
            truncated_normal(&r, &layer->weight, sqrt(2 / in));
            break;
        case BM_INIT_TORCH:
            uniform(&r, &layer->weight, 1 / sqrt(in));
            uniform(&r, &layer->bias, 1 / sqrt(in));
            break;
        }
        initialise_norm(&layer->norm);
    }
}
