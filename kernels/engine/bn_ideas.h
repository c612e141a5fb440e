/* SPDX-License-Identifier: MIT */
/* bn_ideas.h - the ideas of the batch normalisation engine, each a switch (idea.h): X(NAME, "what it is for"). */
#ifndef BATCHMARK_BN_IDEAS_H
#define BATCHMARK_BN_IDEAS_H

#define BN_EACH_IDEA(X)                                                                                                \
    X(WIDE, "four vectors side by side: four independent sums hide the latency of add and fma")                        \
    X(ROWS, "pass two takes a few rows at a time, which share what is loaded of each channel")                         \
    X(ALONG, "beyond the caches both passes go along 8 rows: many short streams do not start the hardware's fetching") \
    X(AHEAD, "what lies too far apart for the hardware is fetched ahead: the next strip, rows, a later channel's runs") \
    X(REVERSE, "pass two goes from the last chunk to the first: the caches still hold what was read last")             \
    X(STREAM, "calls larger than half of the last-level cache write past it: nothing is read only to be overwritten")                \
    X(STAGE, "runs that end amid a cache line are put together in a stage, so that whole lines stream")                \
    X(RUNS, "short runs of neighbouring channels are taken as one: vectors are full, lines are not split")             \
    X(GROUP, "channels-first: 256 KiB of channels go through both passes, so that the second finds them in L2")        \
    X(SINGLE, "the sums of the only block stay in f32: nothing is merged in double")                                   \
    X(PORTS, "differences are made by fma, half or all: sums and maxima share ports that products leave to others")

#endif
