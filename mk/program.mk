# SPDX-License-Identifier: MIT
# The library, the program, and the program that only reads results.

PACKAGES := jansson hwloc zlib liblzma
CFLAGS_PKG = $(shell pkg-config --cflags $(PACKAGES))
LIBS_PKG   = $(shell pkg-config --libs $(PACKAGES))

LIBRARY_OBJ := $(KERNEL_OBJ) $(OP_OBJ) $(FLOOR_OBJ) $(BUILD)/tables.o $(BUILD)/codes.o
MUTANT_OBJ  := $(MUTANTS:%.c=$(BUILD)/%.o)
FOREIGN_ISA := $(filter-out $(ISAS),$(EVERY_ISA))
HARNESS_SRC := $(filter-out $(FOREIGN_ISA:%=harness/machine/roofline_%.c),$(wildcard harness/*/*.c))
REPORTS_SRC := $(wildcard reports/*/*.c)
BENCH_SRC   := $(filter-out bench/main.c $(FOREIGN_ISA:%=bench/train/quantise_%.c),$(wildcard bench/*.c bench/train/*.c))
PROGRAM_OBJ += $(patsubst %.c,$(BUILD)/%.o,$(HARNESS_SRC) $(BENCH_SRC) $(REPORTS_SRC)) $(MUTANT_OBJ) \
  $(BUILD)/harness/measure/gbench.o $(BUILD)/texts.o

INCLUDES := $(KERNEL_INCLUDES) $(addprefix -iquote ,kernels/library $(wildcard harness/*) bench bench/train \
  $(sort $(dir $(wildcard reports/*/*.h))) tests/fixtures)
OURS = $(CC) $(COMMON) $(WARN) -O2 $(INCLUDES)

# The loops that measure the machine's limits are built per ISA like kernels.
$(foreach i,$(ISAS),$(eval $(BUILD)/harness/machine/roofline_$(i).o: EXTRA := -O3 $(FLAGS_$(i))))

# Loops of training and inference themselves, which are no kernels. -fno-trapping-math changes no result: comparisons may be vectors.
$(BUILD)/bench/train/sync_bn.o: EXTRA := -O3 -fno-trapping-math
$(foreach i,baseline $(ISAS),$(eval $(BUILD)/bench/train/quantise_$(i).o: EXTRA := -O3 -fno-trapping-math $(TARGET_$(i))))

$(MUTANT_OBJ): $(BUILD)/%.o: %.c mk/program.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(OURS) -fopenmp -DBM_STEM=$(notdir $*) -DBM_OP=$(call op_of,$(notdir $*)) -DBM_ISA=BM_BASELINE \
	  -DBM_OMP=$(if $(findstring thread,$*),true,false) -DBM_FLAGS='"-O2 -fopenmp"' $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(BUILD)/%.o: %.c $(BUILD)/version.h mk/program.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(OURS) -fopenmp $(EXTRA) $(CFLAGS_PKG) -include $(BUILD)/version.h $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(BUILD)/%.o: $(BUILD)/%.c mk/program.mk $(COMPILER)
	$(call say,CC,$@)
	$(Q)$(OURS) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(BUILD)/%.o: %.cc mk/program.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wshadow -O2 -g -fPIC -MMD -MP $(PREFIX_MAP) $(SANFLAGS) $$(pkg-config --cflags benchmark) \
	  -DBM_GBENCH_VERSION='"'$$(pkg-config --modversion benchmark)'"' $(INCLUDES) $(CPPFLAGS) $(CXXFLAGS) -c $< -o $@

# Version, commit and a packager's flags go into every result. Rewritten only when they change; each make has a new file
# of its own, for CI runs two at a time on what is built.
$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$ && scripts/version '$(VERSION)' '$(OWN)' > $$new && { cmp -s $$new $@ && rm $$new || mv $$new $@; }

# Shape files, experiments, the report's style sheet and script, and what draws its pictures, built in as strings.
SHAPE_TXT      := $(wildcard bench/shapes/*.txt)
EXPERIMENT_TXT := $(wildcard bench/train/experiments/*.txt)
CLAIM_TXT      := $(wildcard bench/train/claims/*.txt)
PLOT_PARTS     := $(wildcard $(addprefix reports/plots/*.,gp css svg))
$(BUILD)/texts.c: $(SHAPE_TXT) $(EXPERIMENT_TXT) $(CLAIM_TXT) $(PLOT_PARTS) reports/frame/page.css reports/frame/page.js bench/train/checksums.txt scripts/texts mk/program.mk
	@mkdir -p $(@D)
	@{ scripts/texts bm_builtin_shapes $(SHAPE_TXT); scripts/texts bm_builtin_experiments $(EXPERIMENT_TXT); scripts/texts bm_builtin_claims $(CLAIM_TXT); \
	  scripts/texts bm_page_style reports/frame/page.css reports/frame/page.js; scripts/texts bm_plot_parts $(PLOT_PARTS); \
	  scripts/texts bm_published_files bench/train/checksums.txt; } > $@

PROGRAM := $(BUILD)/batchmark
LIB_A   := $(BUILD)/libbatchmark.a
LIB_SO  := $(BUILD)/libbatchmark.so.$(SOVERSION)
# Where they look for libxsmm.so: beside themselves, or where `make install` puts it.
RUNPATH := '-Wl,-rpath,$$ORIGIN:$$ORIGIN/batchmark:$$ORIGIN/../lib/batchmark:$(LIBDIR)/batchmark'
LINK     = $(CXX) -fopenmp $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $(RUNPATH) -o $@ $^ $(LIBS_PKG) $$(pkg-config --libs benchmark $(1)) -ldl -lm

$(LIB_A): $(LIBRARY_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(LIB_SO): $(LIBRARY_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -fopenmp $(SANFLAGS) $(CFLAGS) $(LDFLAGS) $(RUNPATH) -Wl,-soname,$(notdir $@) -o $@ $^ -ldl -lm
$(PROGRAM): $(BUILD)/bench/main.o $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(LINK)

# A peer that Debian has as a static library only: made into one that can be loaded, where it is installed.
LIBXSMM := $(BUILD)/libxsmm.so
$(LIBXSMM): mk/program.mk
	@mkdir -p $(@D)
	@! pkg-config --exists libxsmm libxsmmnoblas || { $(if $(V),set -x;,echo '  LD    $@';) \
	  folder=$$(pkg-config --variable=libdir libxsmm) && \
	  printf 'const char *bm_libxsmm_version(void);\nconst char *bm_libxsmm_version(void) { return "%s"; }\n' "$$(pkg-config --modversion libxsmm)" | \
	  $(CC) -shared -fPIC -o $@ -x c - -x none -Wl,--whole-archive $$folder/libxsmm.a -Wl,--no-whole-archive $$folder/libxsmmnoblas.a -lpthread -ldl -lm; }

# The program that only reads results. It has no kernels, and so it is compiled in seconds: a report must not wait for them.
READER := $(BUILD)/batchmark-reader
READER_OBJ := $(addprefix $(BUILD)/,$(REPORTS_SRC:.c=.o) no_kernels.o texts.o \
  $(addprefix bench/,reader.o completion.o options.o parse.o progress.o signals.o sweep.o cmd_compare.o cmd_fleet.o cmd_history.o cmd_report.o cmd_show.o cmd_validate.o) \
  $(addprefix kernels/library/,error.o names.o old_names.o peer.o registry.o shape.o) \
  $(addprefix harness/measure/,buffers.o clock.o counters.o samples.o shape_list.o stats.o) \
  $(patsubst %.c,%.o,$(filter harness/machine/% harness/result/%,$(HARNESS_SRC))))
$(BUILD)/no_kernels.c: mk/program.mk
	@mkdir -p $(@D)
	@{ $(call TABLE,,bm_kernels); printf 'const struct bm_op *const bm_ops[] = { NULL };\n#include "code.h"\n'; \
	  printf 'const struct bm_code bm_codes[] = { { NULL, NULL } }, bm_modules[] = { { NULL, NULL } };\n'; } > $@
$(BUILD)/bench/reader.o: bench/main.c $(BUILD)/version.h mk/program.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(OURS) -DBM_READER -include $(BUILD)/version.h $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(READER): $(READER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -fopenmp $(SANFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_PKG) -ldl -lm
