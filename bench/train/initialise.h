/* SPDX-License-Identifier: MIT */
/* initialise.h - starting values of all parameters of a network, from config->seed. */
#ifndef BATCHMARK_INITIALISE_H
#define BATCHMARK_INITIALISE_H

#include "layers.h"

void bm_network_initialise(struct bm_network *net);

#endif
