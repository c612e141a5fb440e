# batchmark: `make help` explains every target.

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),$(subst clang,clang++,$(CC)),g++)
endif
BUILD   ?= build
PREFIX  ?= /usr/local
# SAN=address,undefined builds with sanitizers, kernels at -O1 for the compiler's time; give it a BUILD folder of its own.
SAN     ?=
# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
# As many jobs as there are CPUs, unless -j was given.
ifeq ($(findstring -j,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

include mk/kernels.mk

# ---- the rest: library, program, tests -----------------------------------------------------------------------------------------

PACKAGES := jansson hwloc zlib liblzma
CFLAGS_PKG = $(shell pkg-config --cflags $(PACKAGES))
LIBS_PKG   = $(shell pkg-config --libs $(PACKAGES))

# What the library has beside kernels: finding them by name, also from another build, and loading peers.
FLOOR_OBJ   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard kernels/library/*.c))
LIBRARY_OBJ := $(VARIANT_OBJ) $(OP_OBJ) $(FLOOR_OBJ) $(BUILD)/tables.o $(BUILD)/codes.o
MUTANT_OBJ  := $(MUTANTS:%.c=$(BUILD)/%.o)
HARNESS_SRC := $(wildcard harness/*/*.c)
BENCH_SRC   := $(filter-out bench/main.c,$(wildcard bench/*.c bench/train/*.c reports/*/*.c))
TEST_SRC    := $(wildcard tests/unit/*.c tests/fixtures/*.c)
PROGRAM_OBJ := $(HARNESS_SRC:%.c=$(BUILD)/%.o) $(BENCH_SRC:%.c=$(BUILD)/%.o) $(MUTANT_OBJ) $(BUILD)/harness/measure/gbench.o $(BUILD)/texts.o

# The loops that measure the machine's limits are built per ISA like kernels.
LIMIT_OBJ := $(patsubst %,$(BUILD)/harness/machine/roofline_%.o,baseline $(ISAS))
$(BUILD)/harness/machine/roofline_avx2.o: EXTRA := $(FLAGS_avx2)
$(BUILD)/harness/machine/roofline_avx512.o: EXTRA := $(FLAGS_avx512)
$(BUILD)/harness/machine/roofline_avx512bf16.o: EXTRA := $(FLAGS_avx512bf16)

$(MUTANT_OBJ): $(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O2 -fopenmp -DBM_STEM=$(notdir $*) -DBM_OP=$(call op_of,$(notdir $*)) -DBM_ISA=BM_BASELINE \
	  -DBM_OMP=$(if $(findstring thread,$*),true,false) -DBM_FLAGS='"-O2 -fopenmp"' $(KERNEL_INCLUDES) -c $< -o $@

INCLUDES := $(KERNEL_INCLUDES) $(addprefix -iquote ,kernels/library $(wildcard harness/*) bench bench/train \
  $(filter-out reports/pictures,$(wildcard reports/*)) tests/fixtures)
$(BUILD)/%.o: %.c $(BUILD)/version.h Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O2 -fopenmp $(EXTRA) $(CFLAGS_PKG) -include $(BUILD)/version.h $(INCLUDES) -c $< -o $@
$(BUILD)/%.o: $(BUILD)/%.c Makefile
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O2 $(INCLUDES) -c $< -o $@
$(BUILD)/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wshadow -O2 -g -fPIC -MMD -MP $(SANFLAGS) $$(pkg-config --cflags benchmark) \
	  -DBM_GBENCH_VERSION='"'$$(pkg-config --modversion benchmark)'"' $(INCLUDES) -c $< -o $@

# The commit goes into every result. Rewritten only when it changes.
$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@{ printf '#define BM_COMMIT "%s"\n' "$$(git rev-parse HEAD 2>/dev/null || echo unknown)"; \
	   printf '#define BM_DIRTY %d\n' "$$(git diff --quiet HEAD 2>/dev/null && echo 0 || echo 1)"; } > $@.new; \
	 cmp -s $@.new $@ && rm $@.new || mv $@.new $@

include mk/tables.mk
include mk/ideas.mk

# Shape files, experiments and the report's style sheet, built in as strings.
SHAPE_TXT      := $(wildcard bench/shapes/*.txt)
EXPERIMENT_TXT := $(wildcard bench/train/experiments/*.txt)
define TEXTS
printf 'const struct bm_text $(2)[] = {\n'; \
for f in $(1); do printf '{ "%s",\n' "$$(basename $$f .txt)"; sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; printf '},\n'; done; \
printf '{ NULL, NULL } };\n'
endef
$(BUILD)/texts.c: $(SHAPE_TXT) $(EXPERIMENT_TXT) reports/frame/page.css Makefile
	@mkdir -p $(@D)
	@{ printf '#include "shape.h"\n'; $(call TEXTS,$(SHAPE_TXT),bm_builtin_shapes); $(call TEXTS,$(EXPERIMENT_TXT),bm_builtin_experiments); \
	  $(call TEXTS,reports/frame/page.css,bm_page_style); } > $@

PROGRAM := $(BUILD)/batchmark
LIB_A   := $(BUILD)/libbatchmark.a
SOVERSION := 0
LIB_SO  := $(BUILD)/libbatchmark.so.$(SOVERSION)

$(LIB_A): $(LIBRARY_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(LIB_SO): $(LIBRARY_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -fopenmp $(SANFLAGS) -Wl,-soname,$(notdir $@) -o $@ $^ -ldl -lm
$(PROGRAM): $(BUILD)/bench/main.o $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(CXX) -fopenmp $(SANFLAGS) -o $@ $^ $(LIBS_PKG) $$(pkg-config --libs benchmark) -ldl -lm
$(BUILD)/check: $(TEST_SRC:%.c=$(BUILD)/%.o) $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(CXX) -fopenmp $(SANFLAGS) -o $@ $^ $(LIBS_PKG) $$(pkg-config --libs benchmark check) -ldl -lm

# The program that only reads results. It has no kernels, and so it is compiled in seconds: a report must not wait for them.
READER := $(BUILD)/batchmark-reader
READER_OBJ := $(addprefix $(BUILD)/,$(patsubst %.c,%.o,$(wildcard reports/*/*.c)) no_kernels.o texts.o \
  $(addprefix bench/,reader.o options.o cmd_compare.o cmd_history.o cmd_report.o cmd_show.o cmd_validate.o) \
  $(addprefix kernels/library/,error.o peer.o registry.o shape.o) \
  $(addprefix harness/,$(addprefix machine/,provenance.o roofline.o roofline_bound.o topology.o) \
  $(addprefix measure/,buffers.o clock.o counters.o samples.o shape_list.o stats.o) $(patsubst harness/%.c,%.o,$(wildcard harness/result/*.c)))) $(LIMIT_OBJ)
$(BUILD)/no_kernels.c: Makefile
	@mkdir -p $(@D)
	@{ $(call TABLE,,bm_kernels); printf 'const struct bm_op *const bm_ops[] = { NULL };\n#include "code.h"\n'; \
	  printf 'const struct bm_code bm_codes[] = { { NULL, NULL } }, bm_modules[] = { { NULL, NULL } };\n'; } > $@
$(BUILD)/bench/reader.o: bench/main.c $(BUILD)/version.h Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O2 -DBM_READER -include $(BUILD)/version.h $(INCLUDES) -c $< -o $@
$(READER): $(READER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -fopenmp $(SANFLAGS) -o $@ $^ $(LIBS_PKG) -ldl -lm

# The library with slowdowns planted, for tests/planted/power.sh. It tells no hashes of code, so that all of it is measured.
$(BUILD)/tests/planted/tables.o: $(BUILD)/tables.o
	@mkdir -p $(@D)
	$(Q)objcopy --redefine-sym bm_kernels=bm_true_kernels $< $@
$(BUILD)/planted.so: $(addprefix $(BUILD)/tests/planted/,planted.o tables.o) $(filter-out $(BUILD)/tables.o $(BUILD)/codes.o,$(LIBRARY_OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) -shared -fopenmp $(SANFLAGS) -o $@ $^ -ldl -lm

# ---- fuzzing ------------------------------------------------------------------------------------------------------------------------

# What is fuzzed is compiled by clang, with coverage and sanitizers; the rest of the program comes from the normal build.
FUZZ_CC   ?= clang-14
FUZZ_RUNS ?= 1000000
FUZZED    := $(addprefix harness/result/,document result run validate) harness/measure/stats $(addprefix kernels/library/,error shape) \
             bench/train/experiment bench/train/config tests/fixtures/run_damage tests/fixtures/run_fixture
FUZZ      := $(BUILD)/fuzz
FUZZED_OBJ  = $(FUZZED:%=$(FUZZ)/%.o) $(filter-out $(FUZZED:%=$(BUILD)/%.o),$(PROGRAM_OBJ)) $(LIB_A)
FUZZ_OPTIONS = -runs=$(FUZZ_RUNS) -seed=1 -timeout=10 -print_final_stats=1 -artifact_prefix=$(FUZZ)/
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
$(FUZZ)/%.o: %.c $(BUILD)/version.h Makefile
	@command -v $(FUZZ_CC) >/dev/null || { \
	  echo 'make fuzz: $(FUZZ_CC) is missing: install clang-14 and libclang-rt-14-dev (or FUZZ_CC=...)' >&2; exit 1; }
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -std=c11 -D_GNU_SOURCE -O1 -g -MMD -MP $(FUZZ_FLAGS) $(WARN) $(CFLAGS_PKG) \
	  -include $(BUILD)/version.h $(INCLUDES) -c $< -o $@
FUZZ_LINK = $(FUZZ_CC) -fsanitize=$(1)address,undefined -o $@ $^ $(LIBS_PKG) $$(pkg-config --libs benchmark) \
  -lgomp -lstdc++ -ldl -lm
$(FUZZ)/fuzz_%: $(FUZZ)/tests/fuzz/fuzz_%.o $(FUZZED_OBJ)
	$(call say,LD,$@)
	$(Q)$(call FUZZ_LINK,fuzzer$(comma))
$(FUZZ)/seeds: $(FUZZ)/tests/fuzz/seeds.o $(FUZZED_OBJ)
	$(call say,LD,$@)
	$(Q)$(call FUZZ_LINK)
$(FUZZ)/names: results/README.md # a dictionary of the members
	@mkdir -p $(@D)
	@grep -o '`[a-z_0-9][a-z_0-9]*`' $< | sort -u | sed 's/`/"/g' > $@

# ---- targets --------------------------------------------------------------------------------------------------------------------

all: ## build the program and the library (default)
all: $(PROGRAM) $(LIB_A) $(LIB_SO) $(MODULES)

ideas: ## build each tuned kernel without single ideas, for `batchmark bench --ideas`, in some minutes
ideas: all $(IDEA_MODULES)

deps: ## install what is missing (apt-get), or say what is
	@scripts/deps
# `make deps bench`: nothing is compiled before the packages are there.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(VARIANT_OBJ) $(OP_OBJ) $(MUTANT_OBJ) $(BUILD)/harness/measure/gbench.o $(addprefix $(BUILD)/,version.h tables.c mutants.c texts.c): | deps
endif

bench: ## the main job: verify, time and train, in at most 5 minutes
bench: all
	$(PROGRAM) machine --store
	$(PROGRAM) bench --shapes quick $(BENCH)
	$(PROGRAM) train --experiment mnist-sgd --seed 0 --compare-kernels $(TRAIN)

bench-full: ## everything: all shapes, warm and cold, 1 to all threads; takes hours on a slow machine
bench-full: all
	$(PROGRAM) machine --store
	$(PROGRAM) verify --store
	$(PROGRAM) bench --cache warm,cold --max-call 5 $(foreach f,quick experiments squares tails resnet50 transformers deepbench,--shapes $(f))
	$(PROGRAM) train --experiment mnist-sgd --seed 0 --compare-kernels

# Seeds after the first run side by side, a core each, and only the first is timed; SEEDS='--seeds 0,1' for fewer.
EXPERIMENTS := $(sort $(basename $(notdir $(EXPERIMENT_TXT))))
experiments: ## reproduce the published experiments, with pictures, in some 6 minutes on 2 cores (DATA=folder)
experiments: all
	@mkdir -p $(BUILD)/experiments
	@for e in $(EXPERIMENTS); do \
	  $(PROGRAM) train --experiment $$e --side-by-side --pictures $(BUILD)/experiments --json $(BUILD)/experiments/$$e.json \
	    $(if $(DATA),--data '$(DATA)') $(SEEDS) || exit; \
	done
	@echo 'Pictures and results: $(BUILD)/experiments'

report: ## what the stored results say, as one page: build/report/report.html (REPORT='--format md ...')
report: $(READER)
	$(READER) report --output $(BUILD)/report/report.html $(REPORT) results

# From what is shipped, not from what was measured here since.
pictures: ## draw the pictures of README and docs again, from the results that are shipped
pictures: $(READER)
	$(READER) report --pictures "$$(ls reports/pictures | sed 's/\.svg$$//' | paste -sd,)" --output reports/pictures results/*/*.json.gz

check-regression: ## is a kernel slower than it was? BASE=a git revision or a result; AB='more options of ab'
check-regression: all
	@[ -n '$(BASE)' ] || { echo 'make check-regression: say BASE=a git revision or a result, e.g. BASE=HEAD~1' >&2; exit 2; }
	$(PROGRAM) ab $(AB) '$(BASE)'

verify: ## hold every kernel against the oracle, and reject the broken ones
verify: all
	$(PROGRAM) verify

test: ## all tests: unit tests, verify, sanitizers, install, download, formats
test: all $(BUILD)/check $(BUILD)/planted.so
	@MAKE='$(MAKE)' BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' tests/run

test-report: ## the report in a real browser, and its HTML (installs chromium, nodejs, npm and tidy)
test-report: $(READER)
	@scripts/deps report-tests
	@tests/report/run $(READER)

sanitize: ## build with AddressSanitizer and UBSan and run the unit tests and verify there
sanitize:
	$(MAKE) BUILD=$(BUILD)/sanitize SAN=address,undefined $(BUILD)/sanitize/check $(BUILD)/sanitize/batchmark
	$(BUILD)/sanitize/check
	$(BUILD)/sanitize/batchmark verify

fuzz: ## fuzz the readers of results, shapes and experiments (needs clang 14; FUZZ_RUNS=1000000, each)
fuzz: $(FUZZ)/fuzz_result $(FUZZ)/fuzz_text $(FUZZ)/seeds $(FUZZ)/names
	@mkdir -p $(FUZZ)/result $(FUZZ)/text
	$(FUZZ)/seeds $(FUZZ)/result $(FUZZ)/text
	$(FUZZ)/fuzz_result -dict=$(FUZZ)/names -max_len=8192 $(FUZZ_OPTIONS) $(FUZZ)/result
	$(FUZZ)/fuzz_text -max_len=2048 $(FUZZ_OPTIONS) $(FUZZ)/text

data: ## download MNIST, Fashion-MNIST and CIFAR-10 into data/ (DATA_MIRROR=URL: from there)
data:
	bench/train/download $(if $(DATA_MIRROR),--mirror '$(DATA_MIRROR)') data

install: ## install program, library, headers and pkg-config file (PREFIX, DESTDIR)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/batchmark
	install $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(LIB_A) $(DESTDIR)$(PREFIX)/lib/
	install $(LIB_SO) $(DESTDIR)$(PREFIX)/lib/
	install -d $(DESTDIR)$(PREFIX)/lib/batchmark
	install -m 644 $(MODULES) $(DESTDIR)$(PREFIX)/lib/batchmark/
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(PREFIX)/lib/libbatchmark.so
	install -m 644 $(addprefix kernels/,library/batchmark.h library/args.h kernel.h op.h bn.h gemm.h training.h) $(DESTDIR)$(PREFIX)/include/batchmark/
	printf 'prefix=%s\nName: batchmark\nDescription: Batch normalisation and GEMM kernels, callable by name\nVersion: $(SOVERSION)\nCflags: -I$${prefix}/include/batchmark\nLibs: -L$${prefix}/lib -lbatchmark\nLibs.private: -fopenmp -ldl -lm\n' '$(PREFIX)' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/batchmark.pc

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this
	@sed -n 's/^\([a-z-]*\): ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@printf '\nVariables: CC, CXX, BUILD (folder), PREFIX, DESTDIR, SAN=address,undefined, DATA_MIRROR,\n  BENCH and TRAIN (more options for the two commands of `make bench`), DATA and SEEDS (of `make experiments`),\n  BASE and AB (of `make check-regression`), V=1 (show the commands)\n'

FORCE:
.PHONY: all ideas deps bench bench-full check-regression experiments report pictures verify test test-report sanitize fuzz data install clean help FORCE

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
