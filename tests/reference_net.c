#include "reference_net.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };
typedef double matrix[MOST][MOST];

/* What a forward pass leaves for the way back. */
struct norm_trace {
    matrix xhat;
    double rstd[MOST];
};
struct trace {
    matrix in[BM_MAX_WIDTHS], unit[BM_MAX_WIDTHS], out; /* of layers; before the activation; of the last layer */
    struct norm_trace input, norm[BM_MAX_WIDTHS];
};
static struct trace trace;

unsigned reference_list(struct bm_network *net, struct bm_parameter *list[REFERENCE_PARAMETERS])
{
    unsigned n = 0;
    if (net->input.width) {
        list[n++] = &net->input.gamma;
        list[n++] = &net->input.beta;
    }
    for (unsigned l = 0; l < net->layers; l++) {
        list[n++] = &net->layer[l].weight;
        list[n++] = &net->layer[l].bias;
        if (net->layer[l].norm.width) {
            list[n++] = &net->layer[l].norm.gamma;
            list[n++] = &net->layer[l].norm.beta;
        }
    }
    return n;
}

/* ---- forward ---------------------------------------------------------------------------------- */

static void batch_norm(matrix h, size_t rows, size_t width, double *const gamma_beta[], double eps,
                       const struct bm_norm *running, struct norm_trace *t)
{
    for (size_t c = 0; c < width; c++) {
        double mean = 0, var = 0;
        for (size_t n = 0; n < rows; n++)
            mean += h[n][c] / (double)rows;
        for (size_t n = 0; n < rows; n++)
            var += (h[n][c] - mean) * (h[n][c] - mean) / (double)rows;
        if (running) {
            mean = running->running_mean[c];
            var = running->running_var[c];
        }
        t->rstd[c] = 1 / sqrt(var + eps);
        for (size_t n = 0; n < rows; n++) {
            t->xhat[n][c] = (h[n][c] - mean) * t->rstd[c];
            h[n][c] = gamma_beta[0][c] * t->xhat[n][c] + gamma_beta[1][c];
        }
    }
}

static double slope(const struct bm_train_config *c)
{
    return c->activation == BM_ACTIVATION_LEAKY_RELU ? c->slope : 0;
}

static void dense(matrix h, size_t rows, size_t in, size_t out, double *const weight_bias[])
{
    matrix z;
    for (size_t n = 0; n < rows; n++)
        for (size_t j = 0; j < out; j++) {
            z[n][j] = weight_bias[1][j];
            for (size_t i = 0; i < in; i++)
                z[n][j] += h[n][i] * weight_bias[0][i * out + j];
        }
    memcpy(h, z, sizeof z);
}

double reference_loss(const struct bm_train_config *c, double *const param[], const float *x, const int32_t *label,
                      size_t rows, const struct bm_network *net, double *margin)
{
    static matrix h;
    double loss = 0;
    *margin = INFINITY;
    for (size_t n = 0; n < rows; n++)
        for (size_t i = 0; i < c->width[0]; i++)
            h[n][i] = x[n * c->width[0] + i];
    if (c->bn & BM_BN_INPUT) {
        batch_norm(h, rows, c->width[0], param, c->bn_eps, net ? &net->input : NULL, &trace.input);
        param += 2;
    }
    for (size_t l = 1; l < c->widths; l++) {
        size_t out = c->width[l];
        memcpy(trace.in[l], h, sizeof h);
        dense(h, rows, c->width[l - 1], out, param);
        if (l == c->widths - 1)
            break;
        const struct bm_norm *running = net ? &net->layer[l - 1].norm : NULL;
        if (c->bn & BM_BN_BEFORE)
            batch_norm(h, rows, out, param + 2, c->bn_eps, running, &trace.norm[l]);
        memcpy(trace.unit[l], h, sizeof h);
        for (size_t n = 0; n < rows; n++)
            for (size_t j = 0; j < out; j++) {
                *margin = fmin(*margin, fabs(h[n][j]));
                if (h[n][j] < 0)
                    h[n][j] *= slope(c);
            }
        if (c->bn & BM_BN_AFTER)
            batch_norm(h, rows, out, param + 2, c->bn_eps, running, &trace.norm[l]);
        param += c->bn & (BM_BN_BEFORE | BM_BN_AFTER) ? 4 : 2;
    }
    memcpy(trace.out, h, sizeof h);
    for (size_t n = 0; n < rows; n++) {
        double sum = 0;
        for (size_t j = 0; j < c->width[c->widths - 1]; j++)
            sum += exp(h[n][j] - h[n][label[n]]);
        loss += log(sum) / (double)rows;
    }
    return loss;
}

/* ---- backward, of the pass that the trace is of ----------------------------------------------- */

static void batch_norm_backward(matrix d, size_t rows, size_t width, const double *gamma, double *const g[],
                                const struct norm_trace *t)
{
    for (size_t c = 0; c < width; c++) {
        double sum = 0, dot = 0;
        for (size_t n = 0; n < rows; n++) {
            sum += d[n][c];
            dot += d[n][c] * t->xhat[n][c];
        }
        for (size_t n = 0; n < rows; n++)
            d[n][c] = gamma[c] * t->rstd[c] * (d[n][c] - sum / (double)rows - t->xhat[n][c] * dot / (double)rows);
        g[0][c] = dot;
        g[1][c] = sum;
    }
}

static void dense_backward(matrix d, size_t rows, size_t in, size_t out, const double *weight, double *const g[],
                           matrix input)
{
    static matrix d_in;
    memset(g[0], 0, in * out * sizeof *g[0]);
    memset(g[1], 0, out * sizeof *g[1]);
    memset(d_in, 0, sizeof d_in);
    for (size_t n = 0; n < rows; n++)
        for (size_t j = 0; j < out; j++) {
            g[1][j] += d[n][j];
            for (size_t i = 0; i < in; i++) {
                g[0][i * out + j] += input[n][i] * d[n][j];
                d_in[n][i] += d[n][j] * weight[i * out + j];
            }
        }
    memcpy(d, d_in, sizeof d_in);
}

static void loss_backward(matrix d, size_t rows, size_t classes, const int32_t *label)
{
    for (size_t n = 0; n < rows; n++) {
        double sum = 0;
        for (size_t j = 0; j < classes; j++)
            sum += exp(trace.out[n][j] - trace.out[n][label[n]]);
        for (size_t j = 0; j < classes; j++)
            d[n][j] = (exp(trace.out[n][j] - trace.out[n][label[n]]) / sum - ((size_t)label[n] == j)) / (double)rows;
    }
}

static void backward(struct reference *r, const int32_t *label, size_t rows)
{
    static matrix d;
    const struct bm_train_config *c = r->config;
    unsigned p = r->parameters;
    loss_backward(d, rows, c->width[c->widths - 1], label);
    for (size_t l = c->widths - 1; l >= 1; l--) {
        size_t out = c->width[l];
        bool hidden = l < c->widths - 1;
        p -= hidden && c->bn & (BM_BN_BEFORE | BM_BN_AFTER) ? 4 : 2;
        if (hidden && c->bn & BM_BN_AFTER)
            batch_norm_backward(d, rows, out, r->w[p + 2], r->g + p + 2, &trace.norm[l]);
        for (size_t n = 0; n < rows && hidden; n++)
            for (size_t j = 0; j < out; j++)
                d[n][j] *= trace.unit[l][n][j] > 0 ? 1 : slope(c);
        if (hidden && c->bn & BM_BN_BEFORE)
            batch_norm_backward(d, rows, out, r->w[p + 2], r->g + p + 2, &trace.norm[l]);
        dense_backward(d, rows, c->width[l - 1], out, r->w[p], r->g + p, trace.in[l]);
    }
    if (c->bn & BM_BN_INPUT)
        batch_norm_backward(d, rows, c->width[0], r->w[0], r->g, &trace.input);
}

/* ---- steps ------------------------------------------------------------------------------------ */

static void optimize(const struct bm_train_config *c, unsigned t, size_t count, double *w, const double *g, double *m,
                     double *v)
{
    double c1 = 1 - pow(c->adam_beta1, t), c2 = 1 - pow(c->adam_beta2, t);
    for (size_t i = 0; i < count; i++) {
        if (c->optimizer == BM_OPTIMIZER_SGD) {
            w[i] -= c->lr * g[i];
            continue;
        }
        if (c->optimizer == BM_OPTIMIZER_MOMENTUM) {
            w[i] -= c->lr * (m[i] = c->momentum * m[i] + g[i]);
            continue;
        }
        m[i] = c->adam_beta1 * m[i] + (1 - c->adam_beta1) * g[i];
        v[i] = c->adam_beta2 * v[i] + (1 - c->adam_beta2) * g[i] * g[i];
        w[i] -= c->adam_convention == BM_ADAM_TORCH ? c->lr * (m[i] / c1) / (sqrt(v[i] / c2) + c->adam_eps)
                                                    : c->lr * sqrt(c2) / c1 * m[i] / (sqrt(v[i]) + c->adam_eps);
    }
}

void reference_create(struct reference *r, struct bm_network *net)
{
    struct bm_parameter *list[REFERENCE_PARAMETERS];
    *r = (struct reference){ .config = net->config, .parameters = reference_list(net, list) };
    for (size_t l = 0; l < net->config->widths; l++)
        ck_assert_uint_le(net->config->width[l], MOST);
    for (unsigned p = 0; p < r->parameters; p++) {
        size_t bytes = list[p]->count * sizeof(double);
        r->count[p] = list[p]->count;
        r->w[p] = bm_alloc(bytes);
        r->g[p] = bm_alloc(bytes);
        r->m[p] = bm_alloc(bytes);
        r->v[p] = bm_alloc(bytes);
        for (size_t i = 0; i < list[p]->count; i++)
            r->w[p][i] = list[p]->w[i];
    }
}

void reference_free(struct reference *r)
{
    for (unsigned p = 0; p < r->parameters; p++) {
        free(r->w[p]);
        free(r->g[p]);
        free(r->m[p]);
        free(r->v[p]);
    }
}

double reference_step(struct reference *r, const float *x, const int32_t *label, size_t rows, double *margin)
{
    double loss = reference_loss(r->config, r->w, x, label, rows, NULL, margin);
    backward(r, label, rows);
    r->steps++;
    for (unsigned p = 0; p < r->parameters; p++)
        optimize(r->config, r->steps, r->count[p], r->w[p], r->g[p], r->m[p], r->v[p]);
    return loss;
}
