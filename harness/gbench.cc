// gbench.cc - the C shim over Google Benchmark: register, run interleaved, report every repetition.
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <iostream>
#include <sstream>
#include <string>

#ifndef BM_GBENCH_VERSION
#define BM_GBENCH_VERSION "unknown"
#endif

namespace {

// Hands raw repetitions on; aggregates are computed by the reports, which have the samples.
class Collector : public benchmark::BenchmarkReporter {
  public:
    Collector(bm_timed_report *report, void *user) : report_(report), user_(user) {}
    bool ReportContext(const Context &) override { return true; }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            if (run.run_type != Run::RT_Iteration || run.iterations == 0)
                continue;
            // The case's index is its name: names of cases may repeat and may hold any character.
            double n = static_cast<double>(run.iterations);
            report_(user_, std::stoi(run.run_name.function_name), static_cast<int>(run.repetition_index),
                    run.iterations, run.real_accumulated_time / n, run.cpu_accumulated_time / n);
        }
    }

  private:
    bm_timed_report *report_;
    void *user_;
};

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
    initialize_once();
    benchmark::ClearRegisteredBenchmarks();
    for (int i = 0; i < count; i++) {
        const bm_timed *t = &timed[i];
        benchmark::RegisterBenchmark(
            std::to_string(i).c_str(),
            [t](benchmark::State &state) {
                t->setup(t->context);
                for (auto _ : state)
                    t->run(t->context);
                t->finish(t->context);
            })
            ->UseRealTime()
            ->Iterations(t->iterations)
            ->Repetitions(t->repetitions);
    }
    Collector collector(report, user);
    benchmark::RunSpecifiedBenchmarks(&collector);
    benchmark::ClearRegisteredBenchmarks();
}

const char *bm_gbench_version(void) { return BM_GBENCH_VERSION; }
