# Every target works on a fresh machine: what it needs is installed first (toolchain/setup.sh), and found at once after that.
SHELL := /bin/bash
STACK ?= dev
export STACK

# on-host COMMAND: on the hosts of STACK, or on HOST alone.
on-host = @toolchain/run.sh node scripts/on-host.ts


.PHONY: help up down status doctor chat pair register logs shell prove size test test-all check bench docs
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: ## a local VM host, provisioned through Pulumi to a green smoke test; again: converges, in seconds
	@toolchain/up/up.sh

down: ## destroys the dev stack and its VM; its state disk stays unless DELETE_STATE=yes
	@toolchain/up/down.sh

status: ## how the hosts of STACK are, what to do first; ARGS=--json, HTML=status.html: a page
	$(on-host) status $(if $(HTML),--html '$(HTML)') $(ARGS)

doctor: ## whether this computer can work with STACK and reach its hosts
	$(on-host) doctor $(ARGS)

chat: ## talk to the agent; or make chat MESSAGE="hello" GROUP=main
	$(on-host) chat

pair: ## pairs NanoClaw with WhatsApp by a QR code in the terminal; PHONE=14155551234: by a code
	$(on-host) pair

register: ## lists WhatsApp's chats; JID=…: makes that one NanoClaw's main group
	$(on-host) register

logs: ## NanoClaw's journal and the guard's, as they grow; TAIL=100 FOLLOW=no
	$(on-host) logs

shell: ## log in to a host: make shell HOST=…
	$(on-host) shell

prove: ## every proof on the hosts of STACK that the box holds, as a table; ARGS=--json
	$(on-host) prove $(ARGS)

size: ## machine, price and caps for N agents: make size N=4
	@toolchain/run.sh npm run -s size -- $(if $(N),--containers $(N)) $(ARGS)

check: ## types and shell scripts, without running anything
	@toolchain/run.sh npm run -s check

test: ## unit tests, those with Pulumi's engine, and a VM from an empty disk
	@test/run.sh

test-all: ## every test: make test, test/long, and the guard without each of its refusals; hours in emulation
	@test/run.sh all

bench: ## measures on an idle host what the guard costs, and a start with NanoClaw's entrypoint and ours; BENCH, RUNS
	@toolchain/run.sh node scripts/on-host.ts bench

docs: ## writes the generated parts of the documentation
	@toolchain/run.sh npm run -s docs
