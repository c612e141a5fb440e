# SPDX-License-Identifier: MIT
# Kernels: the file's name is the kernel's name, and its tokens choose the flags.

OPS      := $(filter-out common engine library,$(notdir $(patsubst %/,%,$(wildcard kernels/*/))))
KERNELS := $(foreach op,$(OPS),$(filter-out kernels/$(op)/$(op).c,$(wildcard kernels/$(op)/$(op)_*.c)))
MUTANTS  := $(wildcard tests/mutants/*.c)

TECHNIQUES := naive autovec
ISAS       := avx2 avx512 avx512bf16
PEERS      := openblas blis onednn
IDEAS      := tuned direct packed matmul
TOKENS     := $(TECHNIQUES) $(ISAS) $(PEERS) auto omp $(IDEAS)

FLAGS_naive   := -O2 -fno-tree-vectorize -fno-tree-slp-vectorize
FLAGS_autovec := -O3
FLAGS_avx2    := -O3 -mavx2 -mfma
FLAGS_avx512  := -O3 -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl
FLAGS_avx512bf16 := $(FLAGS_avx512) -mavx512bf16
FLAGS_auto    := -O2
FLAGS_omp     := -fopenmp
$(foreach p,$(PEERS),$(eval FLAGS_$(p) := -O2 -fopenmp))
# What of /proc/cpuinfo says that this CPU runs them.
CPU_avx2       := avx2
CPU_avx512     := avx512vl
CPU_avx512bf16 := avx512_bf16
CPU_FLAGS      := $(shell grep -m1 '^flags' /proc/cpuinfo 2>/dev/null)
RUNNING        := $(foreach i,$(ISAS),$(if $(filter $(CPU_$(i)),$(CPU_FLAGS)),$(i)))
ISA_avx2      := BM_AVX2
ISA_avx512    := BM_AVX512
ISA_avx512bf16 := BM_AVX512BF16

# $(call op_of,STEM): the longest op that the stem begins with. $(call tokens_of,STEM): what follows, as words.
op_of     = $(lastword $(sort $(foreach op,$(OPS),$(if $(filter $(op)_%,$(1)),$(op)))))
tokens_of = $(subst _, ,$(patsubst $(call op_of,$(1))_%,%,$(1)))
check_tokens = $(foreach t,$(call tokens_of,$(1)),$(if $(filter $(t),$(TOKENS)),,\
  $(error kernel '$(1)': unknown token '$(t)' in its name; known: $(TOKENS) (add a new idea to IDEAS in mk/kernels.mk))))
kernel_flags = $(strip $(foreach t,$(call tokens_of,$(1)),$(FLAGS_$(t))) $(if $(SAN),-O1) $(CPPFLAGS) $(CFLAGS))
kernel_isa   = $(or $(lastword $(foreach t,$(call tokens_of,$(1)),$(ISA_$(t)))),BM_BASELINE)
kernel_defs  = -DBM_STEM=$(1) -DBM_OP=$(call op_of,$(1)) -DBM_ISA=$(call kernel_isa,$(1)) \
  -DBM_OMP=$(if $(filter omp auto $(PEERS),$(call tokens_of,$(1))),true,false) -DBM_FLAGS='"$(subst ",\",$(call kernel_flags,$(1)))"'

KERNEL_INCLUDES := $(addprefix -iquote ,kernels kernels/common kernels/engine)

STEMS := $(notdir $(basename $(KERNELS)))
$(foreach s,$(STEMS),$(call check_tokens,$(s)))

KERNEL_OBJ := $(KERNELS:%.c=$(BUILD)/%.o)
# Sanitizers see only what runs. Kernels that this CPU cannot run come from the build in PLAIN, where it is named.
IDLE_OBJ    := $(if $(PLAIN),$(foreach o,$(KERNEL_OBJ),$(if $(filter $(filter-out $(RUNNING),$(ISAS)),$(subst _, ,$(basename $(notdir $(o))))),$(o))))
OP_SRC      := $(foreach op,$(OPS),kernels/$(op)/$(op).c)
OP_OBJ      := $(OP_SRC:%.c=$(BUILD)/%.o)

$(IDLE_OBJ): $(BUILD)/%.o: $(PLAIN)/%.o
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(filter-out $(IDLE_OBJ),$(KERNEL_OBJ)): $(BUILD)/%.o: %.c mk/kernels.mk mk/compiler.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) $(call kernel_flags,$(notdir $*)) $(call kernel_defs,$(notdir $*)) $(KERNEL_INCLUDES) -c $< -o $@
# The oracles are not timed, but large ones should not be slow.
$(OP_OBJ): $(BUILD)/%.o: %.c mk/kernels.mk mk/compiler.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O3 -fopenmp $(CPPFLAGS) $(CFLAGS) $(KERNEL_INCLUDES) -c $< -o $@
