# A population of photographs on Apache Spark: an example and its test, of minutes, so not a part of `make test`.

.PHONY: test-spark
# PHOTOGRAPHS=n: other than a thousand
test-spark: build/native/vmnet build/spark/stamp ## a thousand phantoms through Spark while a worker is killed; prints photographs a minute a core [PHOTOGRAPHS=n]
	@command -v java >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y -q openjdk-17-jre-headless; } || \
	  { echo "make test-spark: needs Java 17 or newer; as root on Debian 12: apt-get install openjdk-17-jre-headless" >&2; exit 1; }
	build/spark/venv/bin/python tests/spark/test_spark.py $(PHOTOGRAPHS)
build/spark/stamp: build/wheel/stamp tests/spark/requirements.txt
	@rm -rf build/spark
	$(Q)$(PYTHON) -m venv build/spark/venv
	$(Q)build/spark/venv/bin/python -m pip install -q --disable-pip-version-check -r tests/spark/requirements.txt build/wheel/*.whl
	@touch $@
