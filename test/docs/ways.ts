/** How each command that the documents name is known to work: it is run here, a test of another kind runs it, or nobody does, for a reason. */

/** A test by its file and the beginning of its title; no title = anything in the file. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/**
 * One way. `here`: test/unit/docs.test.ts runs it as it stands, and wants this exit status. `test`: that test has all words of
 * the command. `section`: that test types the lines that README has below this heading, as they stand.
 */
export type Way = { readonly here: number } | { readonly test: NamedTest; readonly section?: string } | { readonly notRun: string };

const dev = (title: string): Way => ({ test: { file: "test/e2e/dev.test.ts", title } });
const section = (heading: string, file: string, title: string): Way => ({ test: { file, title }, section: heading });
const readmeOnHost = dev("README's commands answer on the dev host");
const bareMetal = section("### On bare metal", "test/unit/docs.test.ts", "the bare-metal lines of README lead to a preview");
const bareMetalVm = section("### On bare metal", "test/long/readme.test.ts", "README's bare-metal lines");
const cloudPilot = section("### On EC2", "test/unit/docs.test.ts", "the lines of README's cloud pilot");
const pulumiLooks: Way = { test: { file: "test/unit/docs.test.ts", title: "the bare-metal lines of README lead to a preview" } };
const setup: Way = { test: { file: "toolchain/setup.test.ts", title: "" } };
const here: Way = { here: 0 };
const computer: Way = { notRun: "what it says depends on the computer, and it need not be there" };
const placeholder: Way = { notRun: "its words in capitals are the reader's to fill in" };
const atTerminal: Way = { notRun: "asks at the terminal" };

/** The commands, as the documents write them. */
export const ways: Readonly<Record<string, Way>> = {
  // README: prerequisites
  "uname -sm": here,
  "make --version; git --version": here,
  "node --version": here,
  "pulumi version": here,
  "command -v ssh jq curl qemu-img": here,
  "df -h ~/.cache .": here,
  "free -g": here,
  "free -m": here,
  "printf 'x-api-key: %s\\n' \"$ANTHROPIC_API_KEY\" | curl -sS -H @- -H 'anthropic-version: 2023-06-01' https://api.anthropic.com/v1/models": { notRun: "wants a key of the reader's, and internet" },
  "claude setup-token": atTerminal,
  "wsl.exe -l -v": { notRun: "the tests do not run under WSL2" },
  "ps -p 1 -o comm=": here,
  "ssh USER@ADDRESS true": placeholder,
  "ssh-add -l": computer,
  "read -rs ANTHROPIC_API_KEY && export ANTHROPIC_API_KEY": atTerminal,
  "make prove": { test: { file: "test/long/lib/prove.ts", title: "" } },
  "sudo -v": { notRun: "may ask for a password" },
  "ls -l /dev/kvm": computer,
  // README: quickstart
  "git clone https://github.com/jcentner/podman-nanoclaw-runtime.git": { notRun: "tests may have no internet; test/e2e copies the checkout into an empty directory instead" },
  "cd podman-nanoclaw-runtime": { notRun: "follows the clone" },
  "make up": dev("make up takes an empty directory to a green smoke test"),
  'make chat MESSAGE="Reply with one word: hello"': readmeOnHost,
  "make status": readmeOnHost,
  "make logs": dev("make status as data"),
  "make shell": readmeOnHost,
  "make down": { test: { file: "test/e2e/lib/devHost.ts", title: 'make("down"' } },
  // README: bare metal
  "toolchain/setup.sh && . .state/env.sh": bareMetalVm,
  "npm run -s host-key -- 203.0.113.7": bareMetalVm,
  "cp stacks/ssh.example.yaml stacks/Pulumi.prod.yaml": bareMetal,
  "pulumi stack init prod && pulumi config set --secret anthropicApiKey": bareMetal,
  "pulumi preview": { test: { file: "test/unit/docs.test.ts", title: "the bare-metal lines of README" } },
  "pulumi up": bareMetalVm,
  "make status STACK=prod": bareMetalVm,
  'make chat STACK=prod MESSAGE="hello"': bareMetalVm,
  "make size N=4": here,
  // README: EC2
  "cp stacks/ec2.example.yaml stacks/Pulumi.pilot.yaml": cloudPilot,
  "pulumi stack init pilot": cloudPilot,
  "pulumi config set --secret anthropicApiKey": cloudPilot,
  "make status STACK=pilot": { notRun: "there is no such machine without an account at AWS; test/long/ec2.test.ts brings one up at a stand-in, under another name" },
  // PARALLEL, SECURITY
  "npm run -s size -- --containers 4": here,
  "npm run -s size -- --containers 4 --no-browser --overcommit 1.5 --arch arm64 --json": here,
  "npm run -s guard -- check --profile personal --role main --root /var/lib/nanoclaw -- run -i --rm --privileged nanoclaw-agent:latest": here,
  "npm run -s guard -- check --policy guard.json -- run -i --rm … < stdin.json": { notRun: "the files are the reader's; host/guard/check.test.ts tests what it does" },
  "podman network create --internal --disable-dns restricted": { notRun: "for containers of the reader's own; agents have none of it" },
  "podman run --rm --network=restricted --no-hosts IMAGE …": placeholder,
  // TROUBLESHOOTING
  "make help": here,
  "make doctor": readmeOnHost,
  "toolchain/setup.sh": setup,
  "df -h ~/.cache; env | grep -i _proxy": computer,
  "npm ping": computer,
  "aws sts get-caller-identity; aws configure list": computer,
  "pulumi version; go version": computer,
  "ssh-keygen -y -P \"\" -f ~/.ssh/id_ed25519": computer,
  "npm run -s host-key -- ADDRESS": placeholder,
  "git ls-remote REPOSITORY": placeholder,
  "openssl storeutl -noout -certs FILE": placeholder,
  "ssh -v USER@ADDRESS 'cat /etc/os-release; uname -m; nproc; free -h; df -h; stat -fc %T /sys/fs/cgroup'": placeholder,
  "ssh USER@ADDRESS sudo -n true": placeholder,
  "ssh -v USER@ADDRESS true": placeholder,
  "npm run -s size -- --containers 4 --json": here,
  "tail -n 40 .state/dev/vms/local/console.log": readmeOnHost,
  "command -v qemu-img mmdebstrap": here,
  "command -v ssh-keyscan": here,
  "df -h ~/.cache": here,
  "df -h .state ~/.cache": here,
  "ss -tlnp": computer,
  "ls -l .state/passphrase": here,
  "pulumi config": pulumiLooks,
  "pulumi stack ls": pulumiLooks,
  "pulumi stack": pulumiLooks,
  "pulumi stack export": pulumiLooks,
  "pulumi stack output proofs": readmeOnHost,
};
