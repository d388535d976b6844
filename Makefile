# Every target works on a fresh machine: what it needs is installed first (toolchain/setup.sh), and found at once after that.
SHELL := /bin/bash
STACK ?= dev
export STACK

.PHONY: help up down status chat logs shell prove size test test-all check bench docs
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: ## a local VM host, provisioned through Pulumi to a green smoke test; again: converges, in seconds
	@toolchain/up/up.sh

down: ## destroys the dev stack and its VM; its state disk stays unless DELETE_STATE=yes
	@toolchain/up/down.sh

status: ## how the hosts of STACK are, what to do first
	@toolchain/run.sh node scripts/on-host.ts status

chat: ## talk to the agent: make chat MESSAGE="hello"
	@toolchain/run.sh node scripts/on-host.ts chat

logs: ## NanoClaw's journal, as it grows
	@toolchain/run.sh node scripts/on-host.ts logs

shell: ## log in to the host
	@toolchain/run.sh node scripts/on-host.ts shell

size: ## machine, price and caps for N agents: make size N=4
	@toolchain/run.sh npm run -s size -- $(if $(N),--containers $(N)) $(ARGS)

check: ## types and shell scripts, without running anything
	@toolchain/run.sh npm run -s check

test: ## every test: unit, engine, and a VM from an empty disk
	@test/run.sh

test-all: ## make test, and what takes longer than an hour in emulation
	@test/run.sh all

docs: ## writes the generated parts of the documentation
	@toolchain/run.sh npm run -s docs
