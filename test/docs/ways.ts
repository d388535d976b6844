/** How each command that the documents name is known to work: it is run here, a test of another kind runs it, or nobody does, for a reason. */

/** A test by its file and the beginning of its title. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** One way. `here`: test/unit/docs.test.ts runs it as it stands, and wants this exit status. */
export type Way = { readonly here: number } | { readonly test: NamedTest } | { readonly notRun: string };

const dev = (title: string): Way => ({ test: { file: "test/e2e/dev.test.ts", title } });
const engine = (title: string): Way => ({ test: { file: "test/unit/docs.test.ts", title } });
const devUp = dev("make up takes an empty directory to a green smoke test");
const readmeOnHost = dev("README's commands answer on the dev host");
const bareMetal = engine("the bare-metal lines of README lead to a preview");
const ec2Example: Way = { test: { file: "test/unit/ec2Engine.test.ts", title: "the example of README's cloud pilot leads to a preview" } };
const here: Way = { here: 0 };
const computer: Way = { notRun: "what it says depends on the computer, and it need not be there" };
const placeholder: Way = { notRun: "its words in capitals are the reader's to fill in" };

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
  "sudo -v": { notRun: "may ask for a password" },
  "ls -l /dev/kvm": computer,
  // README: quickstart
  "git clone https://github.com/jcentner/podman-nanoclaw-runtime.git": { notRun: "tests may have no internet; test/e2e copies the checkout into an empty directory instead" },
  "cd podman-nanoclaw-runtime": { notRun: "follows the clone" },
  "make up": devUp,
  'make chat MESSAGE="Reply with one word: hello"': readmeOnHost,
  "make status": readmeOnHost,
  "make logs": { notRun: "does not end by itself" },
  "make shell": { notRun: "waits at a terminal" },
  "make down": { test: { file: "test/e2e/lib/devHost.ts", title: 'make("down"' } },
  // README: bare metal
  "toolchain/setup.sh && . .state/env.sh": { test: { file: "toolchain/setup.test.ts", title: "" } },
  "npm run -s host-key -- 203.0.113.7": { test: { file: "scripts/host-key.test.ts", title: "" } },
  "cp stacks/ssh.example.yaml stacks/Pulumi.prod.yaml": bareMetal,
  "pulumi stack init prod": bareMetal,
  "pulumi config set --secret anthropicApiKey": bareMetal,
  "pulumi preview": bareMetal,
  "pulumi up": { test: { file: "test/long/debian12.test.ts", title: "pulumi up alone takes a Debian 12 machine to a green smoke test" } },
  "make status STACK=prod": readmeOnHost,
  'make chat STACK=prod MESSAGE="hello"': readmeOnHost,
  "make size N=4": here,
  // README: EC2
  "cp stacks/ec2.example.yaml stacks/Pulumi.pilot.yaml": ec2Example,
  "pulumi stack init pilot": ec2Example,
  "make status STACK=pilot": readmeOnHost,
  // PARALLEL, SECURITY
  "npm run -s size -- --containers 4": here,
  "npm run -s size -- --containers 4 --no-browser --overcommit 1.5 --arch arm64 --json": here,
  "npm run -s guard -- check --profile personal --role main --root /var/lib/nanoclaw -- run -i --rm --privileged nanoclaw-agent:latest": here,
  "npm run -s guard -- check --policy guard.json -- run -i --rm … < stdin.json": { test: { file: "host/guard/check.test.ts", title: "" } },
  "podman network create --internal --disable-dns restricted": { notRun: "for containers of the reader's own; agents have none of it" },
  "podman run --rm --network=restricted --no-hosts IMAGE …": placeholder,
  // TROUBLESHOOTING
  "make help": here,
  "make doctor": readmeOnHost,
  "toolchain/setup.sh": { test: { file: "toolchain/setup.test.ts", title: "" } },
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
  "pulumi config": bareMetal,
  "pulumi stack ls": bareMetal,
  "pulumi stack": bareMetal,
  "pulumi stack export": bareMetal,
  "pulumi stack output proofs": readmeOnHost,
};
