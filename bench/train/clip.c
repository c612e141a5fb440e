/* SPDX-License-Identifier: MIT */
#include "clip.h"

#include <math.h>

enum { MOST = 4 * (BM_MAX_WIDTHS + 1) };

static unsigned list_gradients(const struct bm_network *net, struct bm_gradient gradient[MOST])
{
    unsigned n = 0;
    for (unsigned l = 0; l <= net->layers; l++) {
        const struct bm_layer *layer = l ? &net->layer[l - 1] : NULL;
        const struct bm_norm *norm = l ? &layer->norm : &net->input;
        if (layer) {
            gradient[n++] = (struct bm_gradient){ layer->weight.g, layer->weight.count };
            gradient[n++] = (struct bm_gradient){ layer->bias.g, layer->out };
        }
        gradient[n++] = (struct bm_gradient){ norm->gamma.g, norm->width };
        gradient[n++] = (struct bm_gradient){ norm->beta.g, norm->width };
    }
    return n;
}

double bm_clip_gradient(const struct bm_network *net)
{
    struct bm_gradient gradient[MOST];
    const unsigned n = list_gradients(net, gradient);
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < gradient[i].floats; k++)
            sum += (double)gradient[i].at[k] * gradient[i].at[k];
    const double norm = sqrt(sum), scale = net->config->clip_norm / (norm + 1e-6);
    for (unsigned i = 0; i < n && scale < 1; i++)
        for (size_t k = 0; k < gradient[i].floats; k++)
            gradient[i].at[k] = (float)(scale * gradient[i].at[k]);
    return norm;
}
