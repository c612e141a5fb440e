# SPDX-License-Identifier: MIT
# What `make install` puts where, the manual page, and the release.

HEADERS := kernels/library/batchmark.h kernels/library/args.h $(wildcard kernels/*.h)
MAN     := $(BUILD)/batchmark.1

$(BUILD)/batchmark.pc: mk/install.mk Makefile FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'Name: batchmark' \
	  'Description: Batch normalisation and GEMM kernels, callable by name' 'Version: $(VERSION)' \
	  'Cflags: -I$${prefix}/include/batchmark' 'Libs: -L$${libdir} -lbatchmark' 'Libs.private: -fopenmp -ldl -lm' > $@
$(BUILD)/modulefile: scripts/modulefile FORCE
	@mkdir -p $(@D)
	@sed 's|@prefix@|$(PREFIX)|; s|@libdir@|$(LIBDIR)|' $< > $@
$(MAN): $(PROGRAM) scripts/manual
	$(call say,MAN,$@)
	$(Q)scripts/manual $(PROGRAM) > $@.new && mv $@.new $@

# What shells complete, and where each looks for it.
COMPLETION_bash := bash-completion/completions/batchmark
COMPLETION_zsh  := zsh/site-functions/_batchmark
COMPLETION_fish := fish/vendor_completions.d/batchmark.fish
SHELLS          := bash zsh fish
$(SHELLS:%=$(BUILD)/completion/%): $(BUILD)/completion/%: $(PROGRAM)
	@mkdir -p $(@D)
	$(Q)$(PROGRAM) completion $* > $@.new && mv $@.new $@

install: ## install program, library, headers, manual page, completion, pkg-config and module file (PREFIX, LIBDIR, DESTDIR)
install: all $(MAN) $(SHELLS:%=$(BUILD)/completion/%) $(BUILD)/batchmark.pc $(BUILD)/modulefile
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include/batchmark share/man/man1 share/modulefiles/batchmark) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/batchmark
	install $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/
	install $(LIB_SO) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libbatchmark.so
	install -m 644 $(LIB_A) $(DESTDIR)$(LIBDIR)/
	install -m 644 $(MODULES) $(DESTDIR)$(LIBDIR)/batchmark/
	[ ! -f $(LIBXSMM) ] || install -m 644 $(LIBXSMM) $(DESTDIR)$(LIBDIR)/batchmark/
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/batchmark/
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1/
	$(foreach s,$(SHELLS),install -D -m 644 $(BUILD)/completion/$(s) $(DESTDIR)$(PREFIX)/share/$(COMPLETION_$(s)) &&) true
	install -m 644 $(BUILD)/batchmark.pc $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 644 $(BUILD)/modulefile $(DESTDIR)$(PREFIX)/share/modulefiles/batchmark/$(VERSION)

uninstall: ## remove what `make install` put there (with the same PREFIX, LIBDIR, DESTDIR)
	rm -f $(foreach s,$(SHELLS),$(DESTDIR)$(PREFIX)/share/$(COMPLETION_$(s)))
	rm -f $(DESTDIR)$(PREFIX)/bin/batchmark $(DESTDIR)$(PREFIX)/share/man/man1/batchmark.1 $(DESTDIR)$(LIBDIR)/pkgconfig/batchmark.pc \
	  $(DESTDIR)$(PREFIX)/share/modulefiles/batchmark/$(VERSION) \
	  $(addprefix $(DESTDIR)$(LIBDIR)/,libbatchmark.a libbatchmark.so $(notdir $(LIB_SO)) $(MODULES:$(BUILD)/modules/%=batchmark/%) batchmark/libxsmm.so) \
	  $(addprefix $(DESTDIR)$(PREFIX)/include/batchmark/,$(notdir $(HEADERS)))
	for folder in $(DESTDIR)$(LIBDIR)/batchmark $(DESTDIR)$(PREFIX)/include/batchmark $(DESTDIR)$(PREFIX)/share/modulefiles/batchmark; do [ ! -d $$folder ] || rmdir $$folder; done

dist: ## the release as build/batchmark-VERSION.tar.gz: it builds alone, and knows its version and commit
	@mkdir -p $(BUILD)
	@scripts/release $(VERSION) $(BUILD)

.PHONY: install uninstall dist
