# SPDX-License-Identifier: MIT
# Ablations: the serial recipes of some ops once more, each without one of its ideas (kernels/engine/idea.h). They are made
# from the recipes themselves, so none is forgotten: <recipe>_without_<idea>. Nothing but `make ideas` builds them, and they
# are in modules of their own, which `bench --ideas`, `verify --ideas` and `list --ideas` load.

ABLATED := bn_forward bn_backward gemm
# Those that this machine can run; IDEA_ISAS='avx2 avx512' builds all.
IDEA_ISAS ?= $(or $(RUNNING),$(firstword $(ISAS)))
RECIPES := $(wildcard $(foreach o,$(ABLATED),$(foreach i,$(IDEA_ISAS),kernels/$(o)/$(o)_$(i)_tuned.c kernels/$(o)/$(o)_$(i)_direct.c)))

# What BM_IDEAS of each recipe names, which may take several lines.
define ABLATIONS_OF
FNR == 1 { stem = FILENAME; sub(/.*\//, "", stem); sub(/\.c$$/, "", stem); more = 0 }
/^#define BM_IDEAS/ { more = 1 }
more { line = $$0
  while (match(line, /IDEA_[A-Z]+/)) { print stem "_without_" tolower(substr(line, RSTART + 5, RLENGTH - 5)); line = substr(line, RSTART + RLENGTH) }
  more = /\\$$/ }
endef
ABLATIONS := $(if $(RECIPES),$(shell awk '$(ABLATIONS_OF)' $(RECIPES)))

# $(call recipe_of,STEM), $(call idea_of,STEM): the two parts of an ablation's name.
recipe_of = $(firstword $(subst _without_, ,$(1)))
idea_of   = $(lastword $(subst _without_, ,$(1)))
TOKENS    += without $(sort $(foreach s,$(ABLATIONS),$(call idea_of,$(s))))
$(foreach s,$(ABLATIONS),$(call check_tokens,$(s)))

define ABLATION
$(BUILD)/ideas/$(1).o: kernels/$(call op_of,$(1))/$(call recipe_of,$(1)).c mk/kernels.mk mk/compiler.mk mk/ideas.mk $(COMPILER)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(COMMON) $$(WARN) $$(call kernel_flags,$(1)) $$(call kernel_defs,$(1)) \
	  -DBM_WITHOUT=IDEA_$$$$(echo $(call idea_of,$(1)) | tr a-z A-Z) $$(KERNEL_INCLUDES) -c $$< -o $$@
endef
$(foreach s,$(ABLATIONS),$(eval $(call ABLATION,$(s))))
ABLATION_OBJ := $(ABLATIONS:%=$(BUILD)/ideas/%.o)
$(ABLATION_OBJ:.o=.code): %.code: %.o
	$(HASH)

# A module an op: its recipes, and these without an idea.
of_op        = $(foreach s,$(2),$(if $(filter $(1),$(call op_of,$(s))),$(s)))
recipes_of   = $(call of_op,$(1),$(notdir $(basename $(RECIPES))))
ideas_parts  = $(patsubst %,$(BUILD)/kernels/$(1)/%$(2),$(call recipes_of,$(1))) \
  $(patsubst %,$(BUILD)/ideas/%$(2),$(call of_op,$(1),$(ABLATIONS)))
define IDEAS_MODULE
$(BUILD)/modules/ideas/$(1).c: $(call ideas_parts,$(1),.code) $(BUILD)/ablations mk/ideas.mk mk/tables.mk
	@mkdir -p $$(@D)
	@{ $$(call TABLE,$(call recipes_of,$(1)) $(call of_op,$(1),$(ABLATIONS)),bm_kernels); \
	  printf 'extern const size_t bm_kernel_bytes;\nconst size_t bm_kernel_bytes = sizeof(struct bm_kernel);\n'; \
	  printf 'extern const struct bm_op $(1);\nconst struct bm_op *const bm_ops[] = { &$(1), NULL };\n'; \
	  printf '#include "code.h"\nconst struct bm_code bm_codes[] = {\n'; \
	  for c in $(call ideas_parts,$(1),.code); do printf '    { "%s", "%s" },\n' "$$$$(basename $$$$c .code)" "$$$$(cat $$$$c)"; done; \
	  printf '    { NULL, NULL }\n}, bm_modules[] = { { NULL, NULL } };\n'; } > $$@
$(BUILD)/modules/ideas/$(1).so: $(BUILD)/modules/ideas/$(1).o $(BUILD)/kernels/$(1)/$(1).o $(FLOOR_OBJ) $(call ideas_parts,$(1),.o)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -shared -s -fopenmp $$(SANFLAGS) -o $$@ $$^ -ldl -lm
endef
$(foreach o,$(ABLATED),$(eval $(call IDEAS_MODULE,$(o))))
IDEA_MODULES := $(ABLATED:%=$(BUILD)/modules/ideas/%.so)

$(eval $(call same,ablations,$(ABLATIONS)))
$(BUILD)/ablations: ;
