/* SPDX-License-Identifier: MIT */
// gbench.cc - the C shim over Google Benchmark: register, run interleaved, report every repetition.
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

// Hands raw repetitions on; aggregates are computed by the reports, which have the samples.
class Collector : public benchmark::BenchmarkReporter {
  public:
    Collector(const bm_timed *timed, bm_timed_report *report, void *user) : timed_(timed), report_(report), user_(user)
    {
    }
    bool ReportContext(const Context &) override { return true; }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            if (run.run_type != Run::RT_Iteration || run.iterations == 0)
                continue;
            // The case's index is its name: names of cases may repeat and may hold any character.
            const int index = std::stoi(run.run_name.function_name);
            const double calls = static_cast<double>(timed_[index].calls);
            report_(user_, index, run.real_accumulated_time / calls, run.cpu_accumulated_time / calls);
        }
    }

  private:
    const bm_timed *timed_;
    bm_timed_report *report_;
    void *user_;
};

// One iteration of the library is a batch of ours. It reads its own clocks, of wall and of CPU, around the iteration; the
// time that it is told lies within them.
void run_batch(benchmark::State &state, const bm_timed *t)
{
    t->setup(t->context);
    for (auto _ : state) {
        const double begin = bm_now_s();
        for (int64_t call = 0; call < t->calls; call++)
            t->run(t->context);
        state.SetIterationTime(bm_now_s() - begin);
    }
    t->finish(t->context);
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

void bm_time_all(const bm_timed *timed, int count, bm_timed_report *report, void *user)
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
    Collector collector(timed, report, user);
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
    benchmark::ClearRegisteredBenchmarks();
}

const char *bm_gbench_version(void) { return BM_GBENCH_VERSION; }
