# What others install: build/package/vmnet-web.tgz.

.PHONY: package
package: build/package/vmnet-web.tgz ## the npm package, in build/package/: modules, wasm, int8 weights, types
build/package/vmnet-web.tgz: $(wildcard web/*.js web/*.d.ts web/*.html web/*.css web/photo/*.js web/dicom/*.js web/package/* web/page/words/*.js) web/report.schema.json LICENSE weights/vmnet-int8.safetensors weights/MODEL_CARD.md weights/RESULTS.md \
  $(VENDOR) $(WASM_VARIANTS:%=build/wasm/vmnet-%.mjs)
	@echo "  PACK $@"
	$(Q)node web/package/stage.mjs $(NPM_PAGE) build/package/stage
	$(Q)cd build/package && npm pack ./stage --silent >/dev/null && mv vmnet-web-*.tgz vmnet-web.tgz
