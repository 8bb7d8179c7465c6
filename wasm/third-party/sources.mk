# Which of XNNPACK's sources do the modules need? Everything is compiled once (minutes), the command and two modules are linked
# against it, and kept is what has a part left in the linker's maps. Threads choose no other kernels, so two modules stand for
# four. The command's map holds the kernels for every processor that cpuinfo can tell: all tables name all of theirs.
XNN_ALL     := build/xnnpack-all
XNN_MAPS    := $(XNN_ALL)/native.map $(XNN_ALL)/simd.map $(XNN_ALL)/relaxed.map
GEN_SOURCES := $(PYTHON) wasm/third-party/gen_sources.py

.PHONY: sources xnn-maps
sources: ## list the XNNPACK sources anew, after another pin in SHA256SUMS, another kind of layer or another line in unused.c
	@mkdir -p $(XNN_ALL)
	$(GEN_SOURCES) all build/deps/src/xnnpack > $(XNN_ALL)/all.mk
	$(MAKE) XNN_SOURCES=$(XNN_ALL)/all.mk XNN_OUT=$(XNN_ALL) xnn-maps
	$(GEN_SOURCES) linked build/deps/src/xnnpack $(XNN_MAPS) > $(XNN_ALL)/linked.mk
	cp $(XNN_ALL)/linked.mk wasm/third-party/xnnpack-sources.mk
xnn-maps: $(XNN_MAPS)

# $(call xnn_map,TARGET,OBJECTS,LINKER): start-lib treats objects as an archive's members, and the map names their folders
define xnn_map
$(XNN_ALL)/$1.map: $2 $(call xnn_unused,$1) $(XNN_ALL)/$1/libXNNPACK.a
	$3 $$(filter %.o,$$^) -Wl,-Map=$$@ -Wl,--start-lib $$(@:.map=)/*/*.o -Wl,--end-lib
endef
$(eval $(call xnn_map,native,$(call c_objects,native,$(CLI_SRC) $(LIB_SRC)),\
  $$(CC) -fuse-ld=lld $$(LINK_NATIVE) -o $(XNN_ALL)/vmnet))
$(foreach v,simd relaxed,$(eval $(call xnn_map,$v,$(WASM_SRC:%.c=build/wasm/obj/$v/%.o),\
  $$(WASM_CC) $$(WASM_LINK) $$(WASM_CPU) $$(WASM_FLAGS_$v) -o $(XNN_ALL)/vmnet-$v.mjs)))
