# SPDX-License-Identifier: MIT
# What only tests build: unit tests, the planted library, fuzzers.

TEST_SRC := $(wildcard tests/unit/*.c tests/fixtures/*.c)
$(BUILD)/check: $(TEST_SRC:%.c=$(BUILD)/%.o) $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(call LINK,check)

# The library with slowdowns planted, for tests/planted/power.sh. It tells no hashes of code, so that all of it is measured.
$(BUILD)/tests/planted/tables.o: $(BUILD)/tables.o
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) --redefine-sym bm_kernels=bm_true_kernels $< $@
$(BUILD)/planted.so: $(addprefix $(BUILD)/tests/planted/,planted.o tables.o) $(filter-out $(BUILD)/tables.o $(BUILD)/codes.o,$(LIBRARY_OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) -shared -fopenmp $(SANFLAGS) -o $@ $^ -ldl -lm

# What is fuzzed is compiled by clang, with coverage and sanitizers; the rest of the program comes from the normal build.
FUZZ_CC   ?= clang-14
FUZZ_RUNS ?= 1000000
FUZZED    := $(addprefix harness/result/,document result run validate) harness/measure/stats $(addprefix kernels/library/,error names shape) \
             $(addprefix bench/train/,experiment config) $(addprefix tests/fixtures/,run_damage run_fixture)
FUZZ      := $(BUILD)/fuzz
FUZZED_OBJ  = $(FUZZED:%=$(FUZZ)/%.o) $(filter-out $(FUZZED:%=$(BUILD)/%.o),$(PROGRAM_OBJ)) $(LIB_A)
FUZZ_OPTIONS = -runs=$(FUZZ_RUNS) -seed=1 -timeout=10 -print_final_stats=1 -artifact_prefix=$(FUZZ)/
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_LINK = $(FUZZ_CC) -fsanitize=$(1)address,undefined -o $@ $^ $(LIBS_PKG) $$(pkg-config --libs benchmark) \
  -lgomp -lstdc++ -ldl -lm
$(FUZZ)/%.o: %.c $(BUILD)/version.h mk/tests.mk
	@command -v $(FUZZ_CC) >/dev/null || { \
	  echo 'make fuzz: $(FUZZ_CC) is missing: install clang-14 and libclang-rt-14-dev (or FUZZ_CC=...)' >&2; exit 1; }
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -std=c11 -D_GNU_SOURCE -O1 -g -MMD -MP $(FUZZ_FLAGS) $(WARN) $(CFLAGS_PKG) \
	  -include $(BUILD)/version.h $(INCLUDES) -c $< -o $@
$(FUZZ)/fuzz_%: $(FUZZ)/tests/fuzz/fuzz_%.o $(FUZZED_OBJ)
	$(call say,LD,$@)
	$(Q)$(call FUZZ_LINK,fuzzer$(comma))
$(FUZZ)/seeds: $(FUZZ)/tests/fuzz/seeds.o $(FUZZED_OBJ)
	$(call say,LD,$@)
	$(Q)$(call FUZZ_LINK)
$(FUZZ)/names: results/README.md # a dictionary of the members
	@mkdir -p $(@D)
	@grep -o '`[a-z_0-9][a-z_0-9]*`' $< | sort -u | sed 's/`/"/g' > $@

# How blocks fit the caches of CPUs that are not here: the real kernel, each of whose accesses is a call (tests/blocking).
MISSES := $(BUILD)/tests/blocking
$(MISSES)/gemm_avx2_tuned.o: kernels/gemm/gemm_avx2_tuned.c mk/tests.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) $(call kernel_flags,gemm_avx2_tuned) -fsanitize=thread $(call kernel_defs,gemm_avx2_tuned) $(KERNEL_INCLUDES) -c $< -o $@
$(MISSES)/misses: $(addprefix $(MISSES)/,misses.o cache.o gemm_avx2_tuned.o) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(CC) -fopenmp -o $@ $^ -ldl -lm

# How the kernels share work among 64 to 256 threads, recorded from the kernels as they are built (tests/partition).
PARTITION := $(BUILD)/tests/partition
$(PARTITION)/partition: $(addprefix $(PARTITION)/,partition.o record.o tally.o) $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(LINK)
