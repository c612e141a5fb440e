# SPDX-License-Identifier: MIT
# batchmark: `make help` explains every target. How things are compiled: mk/.

VERSION   := 1.0.0
SOVERSION := 1
BUILD     ?= build
PREFIX    ?= /usr/local
LIBDIR    ?= $(PREFIX)/lib
# SAN=address,undefined builds with sanitizers, kernels at -O1 for the compiler's time; give it a BUILD folder of its own.
SAN       ?=
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

include mk/compiler.mk
include mk/kernels.mk
include mk/tables.mk
include mk/ideas.mk
include mk/program.mk
include mk/mpi.mk
include mk/tests.mk
include mk/install.mk

all: ## build the program and the library (default)
all: $(PROGRAM) $(LIB_A) $(LIB_SO) $(MODULES) $(LIBXSMM)

ideas: ## build each tuned kernel without single ideas, for `batchmark bench --ideas`, in some minutes
ideas: all $(IDEA_MODULES)

deps: ## install what is missing (apt-get), or say what is; `make deps mpi` what training over ranks needs, too
	@scripts/deps $(filter mpi,$(MAKECMDGOALS))
# `make deps bench`: nothing is compiled before the packages are there.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(KERNEL_OBJ) $(OP_OBJ) $(MUTANT_OBJ) $(BUILD)/harness/measure/gbench.o $(MPI_OBJ) $(LIBXSMM) $(addprefix $(BUILD)/,version.h tables.c mutants.c texts.c): | deps
endif

bench: ## the main job: verify, time and train, in about ten minutes
bench: all
	$(PROGRAM) machine --store
	$(PROGRAM) bench --store --shapes quick --launch-time 0.01 --time-cap 0 $(BENCH)
	$(PROGRAM) train --experiment mnist-sgd --seed 0 --compare-kernels $(TRAIN)

bench-full: ## everything: all shapes, warm and cold, a sweep of threads from 1 to all; takes hours on a slow machine
bench-full: all
	$(PROGRAM) machine --threads sweep --store
	$(PROGRAM) verify --store
	$(PROGRAM) bench --store --threads sweep --cache warm,cold --max-call 5 $(foreach f,quick experiments squares tails resnet50 transformers deepbench,--shapes $(f))
	$(PROGRAM) train --experiment mnist-sgd --seed 0 --compare-kernels

# Seeds after the first run side by side, a core each, and only the first is timed; SEEDS='--seeds 0,1' for fewer.
# cifar-cnn is nobody's, and takes longer than the others together.
EXPERIMENTS := $(filter-out cifar-cnn,$(sort $(basename $(notdir $(EXPERIMENT_TXT)))))
experiments: ## reproduce the published experiments, with pictures, in some 6 minutes on 2 cores (DATA=folder)
experiments: all
	@mkdir -p $(BUILD)/experiments
	@for e in $(EXPERIMENTS); do \
	  $(PROGRAM) train --experiment $$e --side-by-side --pictures $(BUILD)/experiments --json $(BUILD)/experiments/$$e.json \
	    $(if $(DATA),--data '$(DATA)') $(SEEDS) || exit; \
	done
	@echo 'Pictures and results: $(BUILD)/experiments'

# Each goes on from its result: `make claims` again after a stop runs what is left.
CLAIMS := $(sort $(basename $(notdir $(CLAIM_TXT))))
claims: ## what is said of BN, run and judged, with pictures, in some 25 minutes on 2 cores (DATA=folder)
claims: all
	@mkdir -p $(BUILD)/claims
	@for c in $(CLAIMS); do \
	  $(PROGRAM) train --claim $$c --resume $(BUILD)/claims/$$c.json --pictures $(BUILD)/claims \
	    $(if $(DATA),--data '$(DATA)') $(SEEDS) || exit; \
	done
	@echo 'Pictures and results: $(BUILD)/claims'

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
test: all $(BUILD)/check $(BUILD)/planted.so $(BUILD)/tests/partition/partition
	@MAKE='$(MAKE)' BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' tests/run

test-report: ## the report in a real browser, and its HTML (installs chromium, nodejs, npm and tidy)
test-report: $(READER)
	@scripts/deps report-tests
	@tests/report/run $(READER)

test-cluster: ## scripts/slurm on a real Slurm, and the module file, ReFrame check and packages (installs slurm and lmod; root)
test-cluster: all
	@scripts/deps cluster-tests
	@MAKE='$(MAKE)' CC='$(CC)' CXX='$(CXX)' tests/cluster/recipes.sh $(BUILD)
	@tests/cluster/slurm.sh $(PROGRAM)

test-arm: ## the program for aarch64: cross-built, then verified and trained with under QEMU (installs cross compilers)
test-arm:
	@scripts/deps foreign-tests
	@MAKE='$(MAKE)' tests/foreign/run arm64

test-riscv: ## the same for riscv64
test-riscv:
	@scripts/deps foreign-tests
	@MAKE='$(MAKE)' tests/foreign/run riscv64

cache-misses: ## how blocks of GEMM fit the caches of eleven CPUs, simulated: the tables of docs/blocking.md, in some minutes
cache-misses: $(BUILD)/tests/blocking/misses
	@$<

large-nodes: ## who writes what with 64 to 256 threads, recorded: balance, cache lines of two writers, scratch, near pages
large-nodes: $(BUILD)/tests/partition/partition
	@$< --show

sanitize: ## build with AddressSanitizer and UBSan, run the unit tests there, and verify
sanitize: all
	$(MAKE) BUILD=$(BUILD)/sanitize PLAIN=$(BUILD) SAN=address,undefined $(BUILD)/sanitize/check $(BUILD)/sanitize/batchmark
	$(BUILD)/sanitize/check
	$(BUILD)/sanitize/batchmark verify --threads 1,3

fuzz: ## fuzz the readers of results, shapes and experiments (needs clang 14; FUZZ_RUNS=1000000, each)
fuzz: $(FUZZ)/fuzz_result $(FUZZ)/fuzz_text $(FUZZ)/seeds $(FUZZ)/names
	@mkdir -p $(FUZZ)/result $(FUZZ)/text
	$(FUZZ)/seeds $(FUZZ)/result $(FUZZ)/text
	$(FUZZ)/fuzz_result -dict=$(FUZZ)/names -max_len=8192 $(FUZZ_OPTIONS) $(FUZZ)/result
	$(FUZZ)/fuzz_text -max_len=2048 $(FUZZ_OPTIONS) $(FUZZ)/text

data: ## download MNIST, Fashion-MNIST and CIFAR-10 into data/ (DATA_MIRROR=URL: from there)
data:
	bench/train/download $(if $(DATA_MIRROR),--mirror '$(DATA_MIRROR)') data

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this
	@sed -n 's/^\([a-z-]*\): ## \(.*\)/  make \1\t\2/p' Makefile mk/install.mk mk/mpi.mk | expand -t 20
	@printf '\n%s\n' 'Variables: CC, CXX, AUTOVEC_CC (autovec by a second compiler, too), and CFLAGS, CPPFLAGS, CXXFLAGS,' \
	  '  LDFLAGS (after our own flags), BUILD (folder), PREFIX, LIBDIR, DESTDIR,' \
	  '  SAN=address,undefined, DATA_MIRROR, BENCH and TRAIN (more options for the two commands of `make bench`),' \
	  '  DATA and SEEDS (of `make experiments` and `make claims`), BASE and AB (of `make check-regression`), V=1 (show the commands)'

FORCE:
.PHONY: all ideas deps bench bench-full check-regression experiments claims report pictures verify test test-report test-cluster test-arm test-riscv cache-misses large-nodes sanitize fuzz data clean help FORCE

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
