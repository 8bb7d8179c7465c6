# Training: tools that want the packages of requirements.txt (PyTorch) and the data sets.

.PHONY: train disc lesions arteries compact grade orientation decide int8 ablation guides opened steady late pixels oedema noisy probe

build/venv/done: weights/train/requirements.txt | build/venv/bin/python
	build/venv/bin/python -m pip install -q -r $<
	@touch $@

# Pictures to learn refusal from, out of Debian's packages; where these cannot be had, only the few that come with the
# training's own packages.
build/negatives: | build/venv/done
	@build/venv/bin/python weights/train/negatives.py $@.part && mv $@.part $@ || \
	  echo "no pictures from Debian packages (above): the network learns refusal from few (weights/train/negatives.py)" >&2
train: ## train the network and export it to WORK (build/train): DATA=folder [SETS=rfmid,airogs,...] [FINE="--minutes 90"] (see weights/train/README.md)
	$(call need_data,train)
	@$(MAKE) --no-print-directory build/negatives
	build/venv/bin/python weights/train/train.py --data "$(DATA)" --work "$(WORK)" $$([ ! -d build/negatives ] || echo --negatives build/negatives) $(if $(SETS),--sets "$(SETS)") $(if $(WITHOUT),--without "$(WITHOUT)") $(ARGS)
	build/venv/bin/python weights/train/plot.py "$(WORK)/log.csv" "$(WORK)/log.svg"
	build/venv/bin/python weights/train/fine.py --data "$(DATA)" --start "$(WORK)/vmnet.pt" --work "$(WORK)/fine" $(FINE) $(filter --allow-missing,$(ARGS))
	build/venv/bin/python weights/train/export.py --data "$(DATA)" --checkpoint "$(WORK)/fine/vmnet.pt" --out "$(WORK)/vmnet.safetensors" $(filter --allow-missing,$(ARGS))
	$(MAKE) --no-print-directory disc DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="--folds $(WORK)/disc-folds.safetensors"
	$(MAKE) --no-print-directory lesions DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="--folds $(WORK)/lesion-folds.safetensors"
	$(MAKE) --no-print-directory arteries DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="--work $(WORK)/arteries"
	$(MAKE) --no-print-directory compact DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="$(if $(SETS),--sets $(SETS))"
	$(if $(SETS)$(WITHOUT),@echo 'no head for the grade: it learns from sets that were left out (make grade)',$(MAKE) --no-print-directory grade DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="--work $(WORK)/steady")
	$(if $(SETS)$(WITHOUT),@echo 'no head for how a photograph lies: it learns from sets that were left out (make orientation)',$(MAKE) --no-print-directory orientation DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="--work $(WORK)/steady")
	$(MAKE) --no-print-directory decide DATA="$(DATA)" WEIGHTS="$(WORK)/vmnet.safetensors" ARGS="$(filter --allow-missing,$(ARGS))"
	@echo 'measure it: make eval DATA=$(DATA) ARGS="--weights $(WORK)/vmnet.safetensors"'
# WEIGHTS=file: others than the released ones.
disc: ## fit the head of optic disc and cup, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--seed 1"]
	$(call need_data,disc)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/disc.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones.
lesions: ## fit the head of lesions, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--seed 1"]
	$(call need_data,lesions)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/lesions.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones.
arteries: ## fit the head that tells arteries from veins, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--seed 1"]
	$(call need_data,arteries)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/arteries.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones.
compact: ## keep the large layers of a weights file in eight bits, computed in f32 as before: DATA=folder [WEIGHTS=file] [ARGS="--out file"]
	$(call need_data,compact)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/compact.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones.
grade: ## fit the head that grades diabetic retinopathy, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--measure --without idrid"]
	$(call need_data,grade)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/grade.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones.
orientation: ## fit the head that sees which way up a photograph lies, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--measure"]
	$(call need_data,orientation)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/orientation.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(ARGS)
# WEIGHTS=file: others than the released ones. NumPy and Pillow suffice, the photographs pass through the C core.
decide: ## choose from validation photographs when "no finding" may be said, into a weights file: DATA=folder [WEIGHTS=file] [ARGS="--jobs 2"]
	$(call need_data,decide)
	@$(MAKE) --no-print-directory build/venv/tests native
	build/venv/bin/python weights/train/decide.py --data "$(DATA)" $(if $(WEIGHTS),--weights "$(WEIGHTS)") $(if $(SETS),--sets "$(SETS)") $(ARGS)
int8: ## weights/vmnet-int8.safetensors from weights/vmnet.safetensors, and its golden files: DATA=folder [ARGS="--photographs 96"]
	$(call need_data,int8)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/quantise.py --data "$(DATA)" $(ARGS)
	build/venv/bin/python weights/train/quantise.py --golden tests/golden
ablation: ## what the vessel branch and its guide bring, arm by arm: DATA=folder [ARGS="--steps 400 --side 192"]
	$(call need_data,ablation)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/ablation.py --data "$(DATA)" $(ARGS)
guides: ## do structures guide diseases, group by group, on features that stand still: DATA=folder [ARGS="--steps 300"]
	$(call need_data,guides)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/guides.py --data "$(DATA)" $(ARGS)
opened: ## what an encoder that learns grades of retinopathy brings: DATA=folder [ARGS="--minutes 48 --from-block 5"]
	$(call need_data,opened)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/opened.py --data "$(DATA)" $(ARGS)
steady: ## can the network teach itself to stand still, turned and tinted: DATA=folder [ARGS="--photographs 2048 --steps 800"]
	$(call need_data,steady)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/steady.py --data "$(DATA)" $(ARGS)
late: ## the encoder's late stages open for longer, over the whole circle: DATA=folder [ARGS="--from-block 11 --minutes 20"]
	$(call need_data,late)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/late.py --data "$(DATA)" $(ARGS)
pixels: ## do more pixels, or means over sizes, tell retinopathy better: DATA=folder [ARGS="--sides 512,768 --mirrored"]
	$(call need_data,pixels)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/pixels.py --data "$(DATA)" $(ARGS)
oedema: ## can macular oedema be told from what is drawn or held: DATA=folder [ARGS="--seen build/pixels"]
	$(call need_data,oedema)
	@$(MAKE) --no-print-directory build/venv/done native
	build/venv/bin/python weights/train/oedema.py --data "$(DATA)" $(ARGS)
noisy: ## which labels do heads contradict, and do heads gain by doubting them: DATA=folder [ARGS="--without eyepacs,kaggle4"]
	$(call need_data,noisy)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/noisy.py --data "$(DATA)" $(ARGS)
probe: ## can the data set be told from the features: DATA=folder [ARGS="--checkpoint ..."]
	$(call need_data,probe)
	@$(MAKE) --no-print-directory build/venv/done
	build/venv/bin/python weights/train/probe.py --data "$(DATA)" $(ARGS)
