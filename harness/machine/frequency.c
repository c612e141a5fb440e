/* SPDX-License-Identifier: MIT */
/* frequency.c - the clock that the CPU runs at, and who governs it. */
#include <stdio.h>

#include "clock.h"
#include "cpu.h"
#include "system_files.h"
#include "topology.h"

static json_t *running_hz(const struct bm_cpu *cpu)
{
    enum { ROUNDS = 20000, ADDS = 20 };
    if (cpu->emulated)
        return json_null();
    double best = 0;
    for (int repetition = 0; repetition < 64; repetition++) {
        double start = bm_now_s();
        bm_add_in_turn(ROUNDS);
        double hz = (double)ROUNDS * ADDS / (bm_now_s() - start);
        best = hz > best ? hz : best;
    }
    return json_real(best);
}

static json_t *cpufreq(const char *item, bool number)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", bm_topology()->cpu[0], item);
    return number ? bm_file_integer(path) : bm_file_text(path);
}

static json_t *boost(void)
{
    char line[256];
    if (bm_file_line("/sys/devices/system/cpu/cpufreq/boost", line))
        return json_boolean(line[0] == '1');
    if (bm_file_line("/sys/devices/system/cpu/intel_pstate/no_turbo", line))
        return json_boolean(line[0] == '0');
    return json_null();
}

json_t *bm_clock_json(const struct bm_cpu *cpu)
{
    return json_pack("{so so so so so so sf sf}", "governor", cpufreq("scaling_governor", false), "driver",
                     cpufreq("scaling_driver", false), "boost", boost(), "current_khz",
                     cpufreq("scaling_cur_freq", true), "maximum_khz", cpufreq("cpuinfo_max_freq", true), "running_hz",
                     running_hz(cpu), "timer_resolution_s", bm_clock_resolution_s(), "timer_overhead_s",
                     bm_clock_overhead_s());
}
