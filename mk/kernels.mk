# SPDX-License-Identifier: MIT
# Kernels: the file's name is the kernel's name, and its tokens choose the flags.

OPS      := $(filter-out common engine library,$(notdir $(patsubst %/,%,$(wildcard kernels/*/))))
KERNELS := $(foreach op,$(OPS),$(filter-out kernels/$(op)/$(op).c,$(wildcard kernels/$(op)/$(op)_*.c)))
MUTANTS  := $(wildcard tests/mutants/*.c)

TECHNIQUES := naive autovec
PEERS      := openblas blis onednn libxsmm
IDEAS      := tuned direct packed rows columns outer matmul

# ISAs: a list for each platform, and of each ISA its name in C, its flags, those for the compiler's own vectors, and which
# of the CPU's features it needs. From the table in kernels/isa.h; '~' is a space.
define READ_ISAS
/^ *ISA[(]/ && !/[(]BASELINE,/ { split($$1, id, /[(, ]+/); needs = $$3; gsub(/HAS|[(),&]/, "", needs); name[id[3]] = id[4];
  print "ISAS_" id[6] " += " id[4]; print "EVERY_ISA += " id[4]; print "ISA_" id[4] " := BM_" id[3]; print "TARGET_" id[4] " := " $$6;
  print "FLAGS_" id[4] " := $$(FLAGS_" name[id[5]] ") " $$4; print "NEEDS_" id[4] " := $$(NEEDS_" name[id[5]] ") " needs }
endef
$(foreach line,$(shell awk -F'"' '$(READ_ISAS)' kernels/isa.h | tr ' ' '~'),$(eval $(subst ~, ,$(line))))
ISAS   := $(ISAS_$(PLATFORM))
# AUTOVEC_CC=clang-19: the serial kernels named autovec once more, by a second compiler, <kernel>_clang. Not those on many
# threads: the OpenMP of another compiler would be a second library of threads in one program.
AUTOVEC_CC     ?=
AUTOVEC_FAMILY := $(if $(AUTOVEC_CC),$(if $(findstring clang,$(AUTOVEC_CC)),clang,gcc))
TOKENS := $(TECHNIQUES) $(EVERY_ISA) $(PEERS) auto omp $(IDEAS) $(AUTOVEC_FAMILY)
# Kernels for another platform are listed, and not compiled.
named_for = $(foreach k,$(2),$(if $(filter $(1),$(subst _, ,$(basename $(notdir $(k))))),$(k)))
FOREIGN := $(call named_for,$(filter-out $(ISAS),$(EVERY_ISA)),$(KERNELS))
KERNELS := $(filter-out $(FOREIGN),$(KERNELS))

FLAGS_naive   := -O2 -fno-tree-vectorize -fno-tree-slp-vectorize
FLAGS_autovec := -O3
FLAGS_auto    := -O2
FLAGS_omp     := -fopenmp
$(foreach p,$(PEERS),$(eval FLAGS_$(p) := -O2 -fopenmp))
# Which of them this CPU runs, by /proc/cpuinfo.
CPU_FLAGS := $(subst _,,$(shell grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null))
RUNNING   := $(foreach i,$(ISAS),$(if $(filter-out $(CPU_FLAGS),$(NEEDS_$(i))),,$(i)))

# $(call op_of,STEM): the longest op that the stem begins with. $(call tokens_of,STEM): what follows, as words.
op_of     = $(lastword $(sort $(foreach op,$(OPS),$(if $(filter $(op)_%,$(1)),$(op)))))
tokens_of = $(subst _, ,$(patsubst $(call op_of,$(1))_%,%,$(1)))
check_tokens = $(foreach t,$(call tokens_of,$(1)),$(if $(filter $(t),$(TOKENS)),,\
  $(error kernel '$(1)': unknown token '$(t)' in its name; known: $(TOKENS) (add a new idea to IDEAS in mk/kernels.mk))))
# With an ISA, the compiler may make one FMA of a b + c in its own vectors, as people do in theirs. Not in relu_bn_*: there
# the activation, slope x, is rounded before it is normalised, and its statistics are those of the rounded values.
target_flags = $(TARGET_$(1)) $(if $(filter relu_bn_%,$(2)),,-ffp-contract=fast)
token_flags  = $(if $(filter $(ISAS),$(1)),$(if $(findstring _autovec,$(2)),$(call target_flags,$(1),$(2)),-O3 $(FLAGS_$(1))),$(FLAGS_$(1)))
kernel_flags = $(strip $(foreach t,$(call tokens_of,$(1)),$(call token_flags,$(t),$(1))) $(if $(SAN),-O1) $(CPPFLAGS) $(CFLAGS))
kernel_isa   = $(or $(lastword $(foreach t,$(call tokens_of,$(1)),$(ISA_$(t)))),BM_BASELINE)
kernel_omp   = $(if $(filter omp auto $(PEERS),$(call tokens_of,$(1))),true,false)
kernel_defs  = -DBM_STEM=$(1) -DBM_OP=$(call op_of,$(1)) -DBM_ISA=$(call kernel_isa,$(1)) \
  -DBM_OMP=$(call kernel_omp,$(1)) -DBM_FLAGS='"$(subst ",\",$(call kernel_flags,$(1)))"'

KERNEL_INCLUDES := $(addprefix -iquote ,kernels kernels/common kernels/engine)

SECOND     := $(if $(AUTOVEC_CC),$(foreach k,$(KERNELS),$(if $(findstring _autovec,$(k)),$(if $(findstring _omp,$(k)),,$(k)))))
SECOND_OBJ := $(SECOND:%.c=$(BUILD)/%_$(AUTOVEC_FAMILY).o)
$(eval $(call same,second,$(AUTOVEC_CC)))
$(BUILD)/second: ;

STEMS := $(notdir $(basename $(KERNELS) $(SECOND_OBJ)))
FOREIGN_STEMS := $(notdir $(basename $(FOREIGN)))
$(foreach s,$(STEMS) $(FOREIGN_STEMS),$(call check_tokens,$(s)))

FIRST_OBJ  := $(KERNELS:%.c=$(BUILD)/%.o)
KERNEL_OBJ := $(FIRST_OBJ) $(SECOND_OBJ)
# Sanitizers see only what runs. Kernels that this CPU cannot run come from the build in PLAIN, where it is named.
IDLE_OBJ    := $(if $(PLAIN),$(call named_for,$(filter-out $(RUNNING),$(ISAS)),$(KERNEL_OBJ)))
OP_SRC      := $(foreach op,$(OPS),kernels/$(op)/$(op).c)
OP_OBJ      := $(OP_SRC:%.c=$(BUILD)/%.o)

$(IDLE_OBJ): $(BUILD)/%.o: $(PLAIN)/%.o
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(filter-out $(IDLE_OBJ),$(SECOND_OBJ)): $(BUILD)/%_$(AUTOVEC_FAMILY).o: %.c mk/kernels.mk mk/compiler.mk $(COMPILER) $(BUILD)/second
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(AUTOVEC_CC) $(COMMON) $(WARN) $(call kernel_flags,$(basename $(@F))) $(call kernel_defs,$(basename $(@F))) \
	  -DBM_FILE='"$(<F)"' $(KERNEL_INCLUDES) -c $< -o $@
$(filter-out $(IDLE_OBJ),$(FIRST_OBJ)): $(BUILD)/%.o: %.c mk/kernels.mk mk/compiler.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) $(call kernel_flags,$(notdir $*)) $(call kernel_defs,$(notdir $*)) $(KERNEL_INCLUDES) -c $< -o $@
# The oracles are not timed, but large ones should not be slow.
$(OP_OBJ): $(BUILD)/%.o: %.c mk/kernels.mk mk/compiler.mk $(COMPILER)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMMON) $(WARN) -O3 -fopenmp $(CPPFLAGS) $(CFLAGS) $(KERNEL_INCLUDES) -c $< -o $@
