# SPDX-License-Identifier: MIT
# The program that trains over the ranks of an MPI job (docs/mpi.md). Nothing else needs MPI, and nothing else is built with it.

# Open MPI or MPICH, whichever pkg-config knows.
MPI_PACKAGE  = $(firstword $(foreach p,ompi-c mpich,$(shell pkg-config --exists $(p) && echo $(p))))
PROGRAM_MPI := $(BUILD)/batchmark-mpi
MPI_OBJ     := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/train/mpi/*.c)) $(BUILD)/bench/main_mpi.o
MPI_COMPILE  = $(OURS) -fopenmp -iquote bench/train/mpi $(CFLAGS_PKG) $$(pkg-config --cflags $(MPI_PACKAGE)) \
  -include $(BUILD)/version.h $(CPPFLAGS) $(CFLAGS)
define MPI_THERE
@[ -n '$(MPI_PACKAGE)' ] || { \
  echo 'make mpi: pkg-config knows no MPI (ompi-c or mpich); `make deps mpi` installs Open MPI' >&2; exit 1; }
endef

# Objects of one MPI only.
ifneq ($(filter mpi,$(MAKECMDGOALS)),)
$(eval $(call same,mpi,$(MPI_PACKAGE)))
endif
$(BUILD)/mpi: ;
$(MPI_OBJ): $(wildcard $(BUILD)/mpi)

mpi: ## build build/batchmark-mpi, which trains over the ranks of an MPI job
mpi: $(PROGRAM_MPI)

$(BUILD)/bench/train/mpi/%.o: bench/train/mpi/%.c $(BUILD)/version.h mk/mpi.mk $(COMPILER)
	$(MPI_THERE)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(MPI_COMPILE) -c $< -o $@
$(BUILD)/bench/main_mpi.o: bench/main.c $(BUILD)/version.h mk/mpi.mk $(COMPILER)
	$(MPI_THERE)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(MPI_COMPILE) -DBM_MPI -c $< -o $@
$(PROGRAM_MPI): $(MPI_OBJ) $(PROGRAM_OBJ) $(LIB_A)
	$(call say,LD,$@)
	$(Q)$(LINK) $$(pkg-config --libs $(MPI_PACKAGE))

.PHONY: mpi
