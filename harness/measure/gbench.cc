/* SPDX-License-Identifier: MIT */
// gbench.cc - the C shim over Google Benchmark: register, run interleaved, hand every sample on.
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "clock.h"

#ifndef BM_GBENCH_VERSION
#define BM_GBENCH_VERSION "unknown"
#endif

namespace {

// The library takes its flags from the environment (BENCHMARK_FILTER, BENCHMARK_OUT, ..., and V), while it is loaded:
// before main(), and before any constructor of ours. Functions of .preinit_array run before that. They see the
// environment as the kernel handed it over, which is what getenv() looks at later.
bool belongs_to_library(const char *variable)
{
    return std::strncmp(variable, "BENCHMARK_", 10) == 0 || std::strncmp(variable, "V=", 2) == 0;
}

void drop_variables(int, char **, char **environment)
{
    char **kept = environment;
    for (char **variable = environment; *variable; variable++)
        if (!belongs_to_library(*variable))
            *kept++ = *variable;
    *kept = nullptr;
}

__attribute__((section(".preinit_array"), used)) void (*before_libraries)(int, char **, char **) = drop_variables;

// Aggregates are computed by the reports, from samples.
class Silent : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context &) override { return true; }
    void ReportRuns(const std::vector<Run> &) override {}
};

// One iteration of the library is a batch of ours. It reads its own clock around the iteration; the time that it is told
// lies within that.
void run_batch(benchmark::State &state, const bm_timed *t)
{
    const bool wanted = t->setup(t->context);
    double real_s = 0, cpu_s = 0;
    for (auto _ : state) {
        if (!wanted) { // skipped, as the library calls it, it would stumble over its aggregates
            state.SetIterationTime(0);
            continue;
        }
        const double cpu = bm_thread_s(), begin = bm_now_s();
        for (int64_t call = 0; call < t->calls; call++)
            t->run(t->context);
        real_s = bm_now_s() - begin;
        cpu_s = bm_thread_s() - cpu;
        state.SetIterationTime(real_s);
    }
    const double calls = static_cast<double>(t->calls);
    if (wanted)
        t->finish(t->context, real_s / calls, cpu_s / calls);
}

void initialize_once()
{
    static bool done = false;
    if (done)
        return;
    char program[] = "batchmark", interleave[] = "--benchmark_enable_random_interleaving=true";
    char *argv[] = { program, interleave, nullptr };
    int argc = 2;
    benchmark::Initialize(&argc, argv);
    done = true;
}

} // namespace

void bm_time_all(const bm_timed *timed, int count)
{
    if (count == 0) // the library would complain
        return;
    initialize_once();
    benchmark::ClearRegisteredBenchmarks();
    for (int i = 0; i < count; i++) {
        const bm_timed *t = &timed[i];
        benchmark::RegisterBenchmark(std::to_string(i).c_str(), [t](benchmark::State &state) { run_batch(state, t); })
            ->UseManualTime()
            ->Iterations(1)
            ->Repetitions(t->samples);
    }
    Silent silent;
    benchmark::RunSpecifiedBenchmarks(&silent, ".");
    benchmark::ClearRegisteredBenchmarks();
}

const char *bm_gbench_version(void) { return BM_GBENCH_VERSION; }
