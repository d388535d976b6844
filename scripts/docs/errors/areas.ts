/**
 * What the sources do not say about their errors: where each belongs, and the command that looks closer. A check that runs
 * on a host is run on one by test/e2e/dev.test.ts, so it must be harmless and exit with 0 on a host that is well.
 */

/** A command that looks at what an error is about. */
export interface Check {
  /** Where it is typed: on this computer, in the checkout; or on the host, after `make shell`. */
  readonly at: "operator" | "host";
  readonly command: string;
}

/** Errors that are told together. */
export interface Area {
  readonly title: string;
  /** When they come up. */
  readonly when: string;
  /** The files that raise them, from the repository's root; the first area that matches has a file. */
  readonly files: RegExp;
  readonly check: Check;
  /** Checks of single errors, by their field as the table shows it. */
  readonly checks?: Readonly<Record<string, Check>>;
}

const operator = (command: string): Check => ({ at: "operator", command });
const host = (command: string): Check => ({ at: "host", command });

const podmanInfo = host("sudo -iu nanoclaw podman info");
const images = host("sudo -iu nanoclaw podman images");
const network = host("ip -br address; ip route; resolvectl dns 2>/dev/null || cat /etc/resolv.conf");
const apt = host("sudo dpkg --audit; ps -ef | grep -E 'apt|dpkg'; df -h /");
const guardJournal = host("sudo journalctl -t nanoclaw-guard -o cat -n 20");
const serviceJournal = host("sudo journalctl -u nanoclaw.service -n 50 --no-pager");
const nodeVersion = host("/opt/nanoclaw/node/current/bin/node --version; ls /opt/nanoclaw/node");
const release = host("ls -l /opt/nanoclaw/current /opt/nanoclaw/releases");
const size = operator("npm run -s size -- --containers 4");
const login = operator("ssh -v USER@ADDRESS true");
const preview = operator("pulumi preview");

/** The areas, in the order of `make up`. */
export const areas: readonly Area[] = [
  {
    title: "The operator's tools",
    when: "`make` of anything: what is missing is installed first. Its output is kept in `.state/logs/`.",
    files: /^toolchain\/(setup\.sh|run\.sh|lib|parts|up)/,
    check: operator("toolchain/setup.sh"),
    checks: { "operator's machine": operator("uname -sm"), "npm ci": operator("npm ping"), Pulumi: operator("pulumi version; go version"), download: operator("df -h ~/.cache; env | grep -i _proxy"), "PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE": operator("ls -l .state/passphrase") },
  },
  {
    title: "The configuration",
    when: "`pulumi preview` and `pulumi up`, before anything is touched; all at once. `<path>` is the place of a host or of a part of it, such as `hosts.office.nanoclaw`.",
    files: /^components\/(config|configErrors|sizing)|^contract\//,
    check: preview,
    checks: {
      "<path>.privateKeyFile": operator('ssh-keygen -y -P "" -f ~/.ssh/id_ed25519'),
      "<path>.machine.privateKeyFile": operator("pulumi config"),
      "<path>.hostKey": operator("npm run -s host-key -- ADDRESS"),
      "<path>.commit": operator("git ls-remote REPOSITORY"),
      trustedCaCertificates: operator("openssl storeutl -noout -certs FILE"),
      anthropicApiKey: operator("pulumi config"),
      claudeCodeOauthToken: operator("pulumi config"),
      containers: size,
      cpuOvercommit: size,
    },
  },
  {
    title: "A machine on EC2",
    when: "at preview, from what AWS answers; or during `up`, beside AWS's own words. What was made by then stays in the stack: run `pulumi up` again to go on, or `pulumi destroy`.",
    files: /^(components\/machine|toolchain)\/ec2\//,
    check: operator("aws sts get-caller-identity; aws configure list"),
  },
  {
    title: "The machine",
    when: "when a host is asked for its facts, or found unfit for N; nothing has been changed then.",
    files: /^components\/(hostFitness|hostObservation|hostChecks|instance|machine\/(?!vm))|^host\/login/,
    check: operator("ssh -v USER@ADDRESS 'cat /etc/os-release; uname -m; nproc; free -h; df -h; stat -fc %T /sys/fs/cgroup'"),
    checks: { "<path>.machine.user": operator("ssh USER@ADDRESS sudo -n true"), containers: size, instanceType: operator("npm run -s size -- --containers 4 --json") },
  },
  {
    title: "A local VM",
    when: "`make up`, or an `up` of a stack with `kind: vm`. The VM's console is `.state/<stack>/vms/<host>/console.log`.",
    files: /^toolchain\/vm|^components\/machine\/vm/,
    check: operator("tail -n 40 .state/dev/vms/local/console.log"),
    checks: { "<path>.machine.sshPort": operator("ss -tlnp"), "<path>.machine.memoryMiB or <path>.containers": operator("free -m"), "the cache's folder": operator("df -h ~/.cache"), operator: operator("command -v qemu-img mmdebstrap"), stateDir: operator("df -h .state ~/.cache") },
  },
  {
    title: "The commands on this computer",
    when: "`make status`, `doctor`, `chat`, `logs`, `shell`, `size`, `docs`; `npm run host-key`.",
    files: /^scripts\//,
    check: operator("make doctor"),
    checks: { STACK: operator("pulumi stack ls"), HOST: operator("pulumi stack output proofs"), "ssh-keyscan": operator("command -v ssh-keyscan"), address: login, containers: size },
  },
  {
    title: "Any step on the host",
    when: "during `pulumi up`; the line begins with the step's name. What each step left is in `/var/lib/nanoclaw-runtime/steps/`.",
    files: /^host\/(lib\/(?!image)|bundle-header)/,
    check: host("ls /var/lib/nanoclaw-runtime/steps; ls -t /opt/nanoclaw/runtime"),
    checks: { packages: apt, aptMirror: network, "user nanoclaw": host("id nanoclaw"), "host bundle": host("df -h /opt"), "step <step>": host("ps -ef | grep run-step") },
  },
  {
    title: "Step podman",
    when: "packages, the user `nanoclaw`, storage, slices, the state volume.",
    files: /^host\/steps\/podman/,
    check: podmanInfo,
    checks: {
      stateDevice: host("lsblk -o NAME,SIZE,LABEL,FSTYPE,MOUNTPOINTS; ls /dev/disk/by-id"),
      "metadata service": host("sudo nft list table inet nanoclaw_imds"),
      "podman.socket": host("sudo -iu nanoclaw systemctl --user --no-pager status podman.socket"),
      "… (pages, percent, tasks)": host("sudo -iu nanoclaw systemctl --user --no-pager cat nanoclaw-agents.slice"),
    },
  },
  { title: "Step node", when: "Node for NanoClaw, from a pinned source.", files: /^host\/steps\/node/, check: nodeVersion, checks: { "node.source": network } },
  { title: "Step release", when: "NanoClaw at its commit, installed and built.", files: /^host\/steps\/release/, check: release, checks: { "nanoclaw.repository": network } },
  { title: "Steps baseImage and agentImage", when: "the agents' image: the base, NanoClaw's Dockerfile, and ours on top.", files: /^host\/(steps\/(base|agent)Image|lib\/image)/, check: images, checks: { egress: host("systemctl list-units --no-pager 'nanoclaw*'"), disk: host("df -h /home/nanoclaw"), "baseImage.reference": network } },
  { title: "Step guard", when: "the guard and its policy.", files: /^host\/steps\/guard/, check: guardJournal, checks: { "docker in the service's PATH": host("ls -l /opt/nanoclaw/bin") } },
  { title: "Step egress", when: "the proxies through which agents reach what they may.", files: /^host\/steps\/egress/, check: host("systemctl list-units --all --no-pager 'nanoclaw*'") },
  { title: "Step service", when: "`nanoclaw.service`.", files: /^host\/steps\/service/, check: serviceJournal, checks: { "/var/lib/nanoclaw/<name>": host("sudo ls -la /var/lib/nanoclaw"), "nanoclaw.service (pages, percent, tasks)": host("systemctl --no-pager cat nanoclaw.service"), environment: host("sudo cut -d= -f1 /etc/nanoclaw/nanoclaw.env"), entryPoint: release } },
  { title: "Step smoke, and other steps", when: "the last step; which proofs there are stands below.", files: /^host\/(steps|smoke)/, check: serviceJournal },
  { title: "A turn with the agent", when: "`make chat`, `pair` and `register`, and the smoke test.", files: /^host\/(agentRun|chat|status|[a-z]+)\//, check: guardJournal, checks: { "user nanoclaw": host("id nanoclaw"), "<file>": release, setup: release, JID: serviceJournal, pairing: serviceJournal } },
];

/** Names for fields that the source says only by what they are made of. */
export const fieldNames: Readonly<Record<string, string>> = {
  "components/configErrors.ts: …": "any field",
  "components/config.ts: <key>": "any field that is not secret",
  "components/config/rules.ts: <field>": "any field that names a file",
  "components/config/secretRules.ts: <name>": "any secret",
  "components/config/secretRules.ts: <name>.<host>": "any secret for one host",
  "components/hostFitness.ts: <field>": "<path>.machine",
  "components/hostFitness.ts: <field>.user": "<path>.machine.user",
  "toolchain/up/select-dev.sh: <from>": "PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE",
  "toolchain/vm/ports.ts: <field>": "<path>.machine.sshPort",
  "toolchain/vm/install.ts: <field>": "diskGiB or stateDiskGiB",
  "toolchain/vm/debianDisk.ts: …": "the cache's folder",
  "contract/mountRules.ts: <field>": "any path that is mounted",
  "scripts/sizing/options.ts: <field>": "any option of size",
  "host/lib/step.sh: …": "any setting of a step",
};
