# How kernels are compiled. They depend on this file, not on the Makefile: most of a build is theirs.

WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wvla -Werror=implicit-function-declaration
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# No -ffast-math and no -march=native, ever: results must compare across nodes. -std=c11 also turns FMA contraction off.
# -fno-math-errno changes no result: it lets sqrtf be an instruction. -g1: lines and functions, which is what profilers and
# sanitizers show; -g doubles the time that the microkernels take to compile. -falign-functions=64: a kernel lies alike in the
# cache lines of every build, so that `ab` compares code and not its place.
COMMON  := -std=c11 -D_GNU_SOURCE -fno-math-errno -falign-functions=64 -g1 -fPIC -MMD -MP $(SANFLAGS)

# Objects of one compiler and one set of sanitizers only: the file changes with them.
ifneq ($(CC) $(SAN),$(shell cat $(BUILD)/compiler 2>/dev/null))
$(shell mkdir -p $(BUILD) && echo '$(CC) $(SAN)' > $(BUILD)/compiler)
endif
$(BUILD)/compiler: ;

# ---- kernels: the file's name is the kernel's name, and its tokens choose the flags -----------------------------------------

OPS      := $(filter-out common engine library,$(notdir $(patsubst %/,%,$(wildcard kernels/*/))))
VARIANTS := $(foreach op,$(OPS),$(filter-out kernels/$(op)/$(op).c,$(wildcard kernels/$(op)/$(op)_*.c)))
MUTANTS  := $(wildcard tests/mutants/*.c)

TECHNIQUES := naive autovec
ISAS       := avx2 avx512 avx512bf16
PEERS      := openblas blis onednn
IDEAS      := tuned direct packed
TOKENS     := $(TECHNIQUES) $(ISAS) $(PEERS) auto omp $(IDEAS)

FLAGS_naive   := -O2 -fno-tree-vectorize -fno-tree-slp-vectorize
FLAGS_autovec := -O3
FLAGS_avx2    := -O3 -mavx2 -mfma
FLAGS_avx512  := -O3 -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl
FLAGS_avx512bf16 := $(FLAGS_avx512) -mavx512bf16
FLAGS_auto    := -O2
FLAGS_omp     := -fopenmp
$(foreach p,$(PEERS),$(eval FLAGS_$(p) := -O2 -fopenmp))
ISA_avx2      := BM_AVX2
ISA_avx512    := BM_AVX512
ISA_avx512bf16 := BM_AVX512BF16

comma := ,
# $(call op_of,STEM): the longest op that the stem begins with. $(call tokens_of,STEM): what follows, as words.
op_of     = $(lastword $(sort $(foreach op,$(OPS),$(if $(filter $(op)_%,$(1)),$(op)))))
tokens_of = $(subst _, ,$(patsubst $(call op_of,$(1))_%,%,$(1)))
check_tokens = $(foreach t,$(call tokens_of,$(1)),$(if $(filter $(t),$(TOKENS)),,\
  $(error kernel '$(1)': unknown token '$(t)' in its name; known: $(TOKENS) (add a new idea to IDEAS in mk/kernels.mk))))
kernel_flags = $(strip $(foreach t,$(call tokens_of,$(1)),$(FLAGS_$(t))) $(if $(SAN),-O1))
kernel_isa   = $(or $(lastword $(foreach t,$(call tokens_of,$(1)),$(ISA_$(t)))),BM_BASELINE)
kernel_defs  = -DBM_STEM=$(1) -DBM_OP=$(call op_of,$(1)) -DBM_ISA=$(call kernel_isa,$(1)) \
  -DBM_OMP=$(if $(filter omp auto $(PEERS),$(call tokens_of,$(1))),true,false) -DBM_FLAGS='"$(call kernel_flags,$(1))"'

KERNEL_INCLUDES := $(addprefix -iquote ,kernels kernels/common kernels/engine)

STEMS := $(notdir $(basename $(VARIANTS)))
$(foreach s,$(STEMS),$(call check_tokens,$(s)))

VARIANT_OBJ := $(VARIANTS:%.c=$(BUILD)/%.o)
OP_SRC      := $(foreach op,$(OPS),kernels/$(op)/$(op).c)
OP_OBJ      := $(OP_SRC:%.c=$(BUILD)/%.o)

$(VARIANT_OBJ): $(BUILD)/%.o: %.c mk/kernels.mk $(BUILD)/compiler
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) $(call kernel_flags,$(notdir $*)) $(call kernel_defs,$(notdir $*)) $(KERNEL_INCLUDES) -c $< -o $@
# The oracles are not timed, but large ones should not be slow.
$(OP_OBJ): $(BUILD)/%.o: %.c mk/kernels.mk $(BUILD)/compiler
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O3 -fopenmp $(KERNEL_INCLUDES) -c $< -o $@
