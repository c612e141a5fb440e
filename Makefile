# batchmark: `make help` explains every target.

CC      ?= gcc
CXX     ?= g++
BUILD   ?= build
PREFIX  ?= /usr/local
OPT     ?= -O2
# SAN=address,undefined builds with sanitizers; give it a BUILD folder of its own.
SAN     ?=

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wvla -Werror=implicit-function-declaration
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# No -ffast-math and no -march=native, ever: results must compare across nodes. -std=c11 also turns FMA contraction off.
BASE    := -std=c11 -D_GNU_SOURCE -g -fPIC -MMD -MP $(SANFLAGS)

# ---- kernels: the file's name is the kernel's name, and its tokens choose the flags -----------------------------------------

OPS      := $(notdir $(patsubst %/,%,$(wildcard kernels/*/)))
VARIANTS := $(foreach op,$(OPS),$(filter-out kernels/$(op)/$(op).c,$(wildcard kernels/$(op)/$(op)_*.c)))
MUTANTS  := $(wildcard tests/mutants/*.c)

TECHNIQUES := naive autovec
ISAS       := avx2 avx512
IDEAS      :=
TOKENS     := $(TECHNIQUES) $(ISAS) omp $(IDEAS)

FLAGS_naive   := -O2 -fno-tree-vectorize -fno-tree-slp-vectorize
FLAGS_autovec := -O3
FLAGS_avx2    := -O3 -mavx2 -mfma
FLAGS_avx512  := -O3 -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl
FLAGS_omp     := -fopenmp
ISA_avx2      := BM_AVX2
ISA_avx512    := BM_AVX512

comma := ,
# $(call op_of,STEM): the longest op that the stem begins with. $(call tokens_of,STEM): what follows, as words.
op_of     = $(lastword $(sort $(foreach op,$(OPS),$(if $(filter $(op)_%,$(1)),$(op)))))
tokens_of = $(subst _, ,$(patsubst $(call op_of,$(1))_%,%,$(1)))
check_tokens = $(foreach t,$(call tokens_of,$(1)),$(if $(filter $(t),$(TOKENS)),,\
  $(error kernel '$(1)': unknown token '$(t)' in its name; known: $(TOKENS) (add a new idea to IDEAS in the Makefile))))
kernel_flags = $(strip $(foreach t,$(call tokens_of,$(1)),$(FLAGS_$(t))))
kernel_isa   = $(or $(lastword $(foreach t,$(call tokens_of,$(1)),$(ISA_$(t)))),BM_BASELINE)
kernel_defs  = -DBM_STEM=$(1) -DBM_OP=$(call op_of,$(1)) -DBM_ISA=$(call kernel_isa,$(1)) \
  -DBM_OMP=$(if $(filter omp,$(call tokens_of,$(1))),true,false) -DBM_FLAGS='"$(call kernel_flags,$(1))"'

STEMS := $(notdir $(basename $(VARIANTS)))
$(foreach s,$(STEMS),$(call check_tokens,$(s)))

VARIANT_OBJ := $(VARIANTS:%.c=$(BUILD)/%.o)
OP_SRC      := $(foreach op,$(OPS),kernels/$(op)/$(op).c)
OP_OBJ      := $(OP_SRC:%.c=$(BUILD)/%.o)

$(VARIANT_OBJ): $(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(WARN) $(call kernel_flags,$(notdir $*)) $(call kernel_defs,$(notdir $*)) -Ikernels -c $< -o $@
# The oracles are not timed, but large ones should not be slow.
$(OP_OBJ): $(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(BASE) $(WARN) -O3 -fopenmp -Ikernels -c $< -o $@

all: $(VARIANT_OBJ) $(OP_OBJ)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
