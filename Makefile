# The front door. Each target is one script or one command; `make` alone lists them.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test build package bench format lint fuzz soak deploy destroy site clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: ## the local world: tenant, gateway and page (ARGS="--port 0" adds arguments)
	@exec scripts/run.sh $(ARGS)

test: ## everything CI runs: plain, bundles, sanitizers, deployment, node tests, rules (TIERS="asan rules" picks)
	@exec scripts/test.sh $(TIERS)

build: ## portcullis, bootstrap and portcullis-dev, into build/release
	@scripts/setup.sh build
	@scripts/build.sh

package: ## the zip for Lambda (ARCH=arm64 CONFIG=portcullis.yaml CA=ca.pem KEYS=fetch; see docs/bundle.md)
	@exec scripts/package.sh

bench: ## cold start beside other authorizers, decisions beside their signature check, look-ups among routes, limits in memory and Redis, the forward-auth server beside others; fails when a gate does (ARGS="--write docs/measured.md" keeps the numbers)
	@exec bench/run $(ARGS)

format: ## lay out all .h and .cpp files with clang-format
	@scripts/setup.sh lint
	@scripts/sources.sh | xargs -r clang-format -i

lint: ## clang-format as a check, then clang-tidy
	@exec scripts/lint.sh

fuzz: ## each fuzz target for FUZZ_SECONDS (default 60)
	@exec scripts/fuzz.sh

soak: ## the tests over generated inputs with SOAK of them each (default 50000; limits: a million, and 10 million keys), the server under load
	@exec scripts/soak.sh

deploy: ## authorizer and example API into your AWS account (docs/deploy.md; profile=NAME, region=NAME, DRY_RUN=1)
	@exec scripts/deploy.sh

destroy: ## remove what deploy made
	@exec scripts/destroy.sh

site: ## the page against the latest deployment, on this machine (PORT=8000)
	@exec scripts/site.sh --serve

clean: ## remove build/, and nothing else
	@rm -rf build
