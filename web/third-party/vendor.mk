# What the page takes from npm, in web/vendor/.

# npm checks each package against the hash in package-lock.json; no script of theirs runs. Kept by `make clean`.
NPM_PAGE := build/deps/npm
$(NPM_PAGE)/stamp: web/third-party/package.json web/third-party/package-lock.json | build/deps/stamp
	@command -v npm >/dev/null || { echo "npm is missing: it comes with Node.js 20, or as Debian's package npm" >&2; exit 1; }
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@echo "  NPM $(@D)"
	$(Q)cd $(@D) && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --silent
	@touch $@

VENDOR := $(addprefix web/vendor/,$(foreach m,fflate tiff pdf xlsx dicom-parser jpeg-lossless openjpeg charls dcmjs idb lit signals,$(m).js $(m).d.ts) fflate-all.d.ts NOTICE)
$(VENDOR) &: $(wildcard web/third-party/*) $(NPM_PAGE)/stamp
	@echo "  BUNDLE web/vendor"
	$(Q)node web/third-party/build.mjs $(NPM_PAGE) web/vendor
