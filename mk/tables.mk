# SPDX-License-Identifier: MIT
# Generated tables: which kernels there are, what their machine code is, and the modules.

# The tables that make a file a member: a kernel that is listed and not defined is a link error, and the reverse cannot be.
define TABLE
printf '#include "batchmark.h"\n'; \
  for k in $(1); do printf 'extern const struct bm_kernel %s;\n' $$k; done; \
  printf 'extern const struct bm_kernel *const $(2)[];\nconst struct bm_kernel *const $(2)[] = {\n'; \
  for k in $(1); do printf '    &%s,\n' $$k; done; printf '    NULL\n};\n'
endef
$(BUILD)/tables.c: $(KERNELS) $(OP_SRC) mk/tables.mk
	@mkdir -p $(@D)
	@{ $(call TABLE,$(STEMS),bm_kernels); \
	  for o in $(OPS); do printf 'extern const struct bm_op %s;\n' $$o; done; printf 'const struct bm_op *const bm_ops[] = {\n'; \
	  for o in $(OPS); do printf '    &%s,\n' $$o; done; printf '    NULL\n};\nconst struct bm_kernel bm_foreign[] = {\n'; \
  $(foreach s,$(FOREIGN_STEMS),printf '    { .name = "$(s)", .op = &$(call op_of,$(s)), .isa = $(call kernel_isa,$(s)), .omp = $(call kernel_omp,$(s)) },\n';) \
  printf '    { .name = NULL }\n};\n'; } > $@
$(BUILD)/mutants.c: $(MUTANTS) mk/tables.mk
	@mkdir -p $(@D)
	@{ $(call TABLE,$(notdir $(basename $(MUTANTS))),bm_mutants); } > $@
PROGRAM_OBJ += $(BUILD)/mutants.o
# Hashes of the machine code (code.h). objdump shows contents and relocations by section: kept are code, constants and
# tables of functions; left out are texts and debug information.
OUR_STEMS := $(foreach s,$(STEMS),$(if $(filter $(PEERS),$(call tokens_of,$(s))),,$(s)))
# Convolutions call products (kernels/common/conv_gemm.h): a tuned one those of its ISA, auto all of them.
# $(call products_of,ISAS), $(call called_by,STEM): kernels of gemm.
products_of = $(foreach i,$(filter-out sve,$(filter $(ISAS),$(1))),$(foreach w,tuned direct rows columns outer,$(filter gemm_$(i)_$(w),$(STEMS))))
called_by   = $(if $(filter conv_%,$(call op_of,$(1))),$(if $(filter tuned,$(call tokens_of,$(1))),\
  $(call products_of,$(call tokens_of,$(1))),$(if $(filter auto,$(call tokens_of,$(1))),$(call products_of,$(ISAS)))))
called_of_op = $(if $(filter conv_%,$(1)),$(call products_of,$(ISAS)))
# $(call parts_of,STEM): the hashes that make up that of a kernel.
parts_of = $(foreach s,$(if $(filter auto,$(call tokens_of,$(1))),$(OUR_STEMS),$(1)),\
  $(if $(filter $(call op_of,$(1)),$(call op_of,$(s))),$(BUILD)/kernels/$(call op_of,$(s))/$(s).code)) \
  $(patsubst %,$(BUILD)/kernels/gemm/%.code,$(call called_by,$(1)))
define CODE
/^Contents of section |^RELOCATION RECORDS FOR / {
  code = $$NF ~ /^\[?\.(text|rodata)/ && $$NF !~ /rodata\.str/; table = $$NF ~ /^\[\.data\.rel/ }
code || (table && $$3 ~ /^\.text/)
endef
export CODE
define HASH
$(Q)LC_ALL=C $(OBJDUMP) -sr $< >$@.new && awk "$$CODE" $@.new >$@ && sha256sum <$@ | cut -c1-16 >$@.new && mv $@.new $@
endef
$(KERNEL_OBJ:.o=.code): %.code: %.o
	$(HASH)
# $(call code_lines,STEMS,OPS): what scripts/codes makes the table of hashes from: those of kernels, and those of modules,
# over the hashes of all kernels of an op. In a file, since a command line would be too long.
define newline


endef
code_lines = $(foreach s,$(1),kernel $(s) $(if $(word 2,$(call parts_of,$(s))),sum,one) $(call parts_of,$(s))$(newline)) \
  $(foreach o,$(2),op $(o) sum $(call codes_of_op,$(o))$(newline))
ours_of_op  = $(foreach s,$(OUR_STEMS),$(if $(filter $(1),$(call op_of,$(s))),$(s)))
codes_of_op = $(patsubst %,$(BUILD)/kernels/$(1)/%.code,$(call ours_of_op,$(1))) \
  $(patsubst %,$(BUILD)/kernels/gemm/%.code,$(call called_of_op,$(1)))
$(BUILD)/codes.c: $(KERNEL_OBJ:.o=.code) $(BUILD)/members mk/tables.mk scripts/codes
	$(file >$(BUILD)/codes.list,$(call code_lines,$(OUR_STEMS),$(OPS)))
	@scripts/codes $(BUILD)/codes.list > $@

# What the library has beside kernels: finding them by name, also from another build, and loading peers.
FLOOR_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard kernels/library/*.c))

# Modules: the kernels of one op as a library of their own. Results keep those that made them.
MODULES := $(patsubst %,$(BUILD)/modules/%.so,$(OPS))
define MODULE
$(BUILD)/modules/$(1).c: $(call codes_of_op,$(1)) $(BUILD)/members mk/tables.mk scripts/codes
	$$(file >$(BUILD)/codes-$(1).list,$$(call code_lines,$(call ours_of_op,$(1)),$(1)))
	@mkdir -p $$(@D)
	@{ $$(call TABLE,$(call ours_of_op,$(1)),bm_kernels); \
	  printf 'extern const struct bm_op $(1);\nconst struct bm_op *const bm_ops[] = { &$(1), NULL };\n'; \
	  scripts/codes $(BUILD)/codes-$(1).list; } > $$@
$(BUILD)/modules/$(1).so: $(BUILD)/modules/$(1).o $(BUILD)/kernels/$(1)/$(1).o $(FLOOR_OBJ) $(patsubst %,$(BUILD)/kernels/$(1)/%.o,$(call ours_of_op,$(1))) \
  $(if $(filter conv_%,$(1)),$(patsubst %,$(BUILD)/kernels/gemm/%.o,gemm $(call called_of_op,$(1))))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -shared -s -fopenmp $$(SANFLAGS) -o $$@ $$^ -ldl -lm
endef
$(foreach o,$(OPS),$(eval $(call MODULE,$(o))))

# Files that come and go change the tables too.
$(eval $(call same,members,$(STEMS) $(FOREIGN_STEMS) $(OPS) $(MUTANTS)))
$(BUILD)/tables.c $(BUILD)/mutants.c: $(BUILD)/members
