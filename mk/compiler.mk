# SPDX-License-Identifier: MIT
# How everything is compiled. Kernels depend on this file and on mk/kernels.mk, not on the Makefile: most of a build is theirs.

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),$(subst clang,clang++,$(CC)),g++)
endif

# What is compiled for, by the compiler's own account; before there is one, this machine. Its other tools know that, too.
PLATFORM_x86_64  := X86
PLATFORM_aarch64 := ARM
PLATFORM_riscv64 := RISCV
MACHINE  := $(firstword $(subst -, ,$(or $(shell $(CC) -dumpmachine 2>/dev/null),$(shell uname -m))))
PLATFORM := $(or $(PLATFORM_$(MACHINE)),OTHER)
tool = $(or $(shell $(CC) -print-prog-name=$(1) 2>/dev/null),$(1))
AR      := $(call tool,ar)
OBJDUMP := $(call tool,objdump)
OBJCOPY := $(call tool,objcopy)

# A packager's own flags come after ours, and every result records them. What would change the numbers' meaning is refused.
OWN := $(strip $(CPPFLAGS) $(CFLAGS) $(LDFLAGS))
ifneq ($(filter -flto%,$(OWN) $(CC)),)
$(error -flto cannot be used: kernels are told apart by hashes of their object files, which would hold no machine code)
endif
INEXACT := $(filter -ffast-math -Ofast -funsafe-math-optimizations -ffinite-math-only -fassociative-math,$(OWN) $(CC))
ifneq ($(INEXACT),)
$(error $(INEXACT) cannot be used: kernels would compute something else than they say)
endif

WARN     := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wvla -Werror=implicit-function-declaration
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Two folders give equal objects: none holds the name of its own.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
# No -ffast-math and no -march=native, ever: results must compare across nodes, and no compiler may contract a b + c by itself.
# -fno-math-errno changes no result: it lets sqrtf be an instruction. -g1: lines and functions, which is what profilers and
# sanitizers show; -g doubles the time that the microkernels take to compile. -falign-functions=64: a kernel lies alike in the
# cache lines of every build, so that `ab` compares code and not its place.
COMMON   := -std=c11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -falign-functions=64 -g1 -fPIC -MMD -MP $(PREFIX_MAP) $(SANFLAGS)

# Objects of one compiler and one set of flags only: the files change with them.
define same
ifneq ($(strip $(2)),$$(shell cat $$(BUILD)/$(1) 2>/dev/null || echo none))
$$(shell mkdir -p $$(BUILD) && echo '$(strip $(2))' > $$(BUILD)/$(1))
endif
endef
$(eval $(call same,compiler,$(CC) $(SAN)))
$(eval $(call same,flags,$(OWN)))
$(BUILD)/compiler $(BUILD)/flags: ;
COMPILER := $(BUILD)/compiler $(BUILD)/flags

comma := ,
