import { z } from "zod";
import { field } from "./field.ts";
import { isAddress, isPublicKey } from "./formats.ts";
import { Ec2Machine } from "./machineEc2.ts";

/** The words a user must write to go without host key verification. */
export const acceptAnyHostKey = "I accept any host key";

const address = field(z.string().refine(isAddress), {
  means: "Where the machine is reached over SSH.",
  wanted: "a host name or an IP address, without user, port or scheme",
  remedy: "write only the address; port and user have fields of their own",
  changes: "reconnect",
});

const port = field(z.int().min(1).max(65535).default(22), {
  means: "TCP port of the SSH server.",
  wanted: "a whole number from 1 to 65535",
  remedy: "use the port that sshd listens on, mostly 22",
  changes: "reconnect",
});

const user = field(z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/), {
  means: "User to log in as: root, or a user with sudo.",
  wanted: "a Linux user name",
  remedy: "use the user that you log in with, such as ubuntu, debian or root",
  changes: "reconnect",
});

const hostKey = field(z.string().trim().refine(isPublicKey).optional(), {
  means: "Public host key of the machine's SSH server: the connection is refused when it shows another one.",
  wanted: 'a public key such as "ssh-ed25519 AAAA…"',
  remedy: "`npm run host-key -- <address>` prints it; compare its fingerprint on the machine's own console",
  changes: "another",
  defaultInWords: "none: this or `hostKeyNotVerified` must be given",
});

const hostKeyNotVerified = field(z.literal(acceptAnyHostKey).optional(), {
  means: "Goes without `hostKey`: whoever answers at the address receives your secrets. Only for machines that hold nothing.",
  wanted: `exactly the words "${acceptAnyHostKey}"`,
  remedy: "better give `hostKey`: `npm run host-key -- <address>` prints it",
  changes: "reconnect",
  defaultInWords: "not given",
});

const Bastion = z.strictObject({ address, port, user, hostKey, hostKeyNotVerified });

/** A machine that exists already: bare metal, a rented server, a VM of yours. */
export const SshMachine = z.strictObject({
  kind: z.literal("ssh"),
  address,
  port,
  user,
  hostKey,
  hostKeyNotVerified,
  privateKeyFile: field(z.string().min(1).optional(), {
    means:
      "File with the private key to log in with. Instead: `agent`, or the key itself as the secret `sshPrivateKeys.<host>`.",
    wanted: "the path of a private key without a passphrase, absolute, relative to the project or starting with ~/",
    remedy: "give the path of a file such as ~/.ssh/id_ed25519; for a key with a passphrase use `agent: true`",
    changes: "reconnect",
    defaultInWords: "none: one of the three must be given",
  }),
  agent: field(z.literal(true).optional(), {
    means: "Logs in with the keys of the SSH agent that `SSH_AUTH_SOCK` names.",
    wanted: "true, or not given",
    remedy: "write `agent: true`, or leave the field out and give `privateKeyFile`",
    changes: "reconnect",
    defaultInWords: "not given",
  }),
  bastion: field(Bastion.optional(), {
    means: "A machine on the way, that is logged in to first, with the same key.",
    wanted: "address, port, user, hostKey",
    remedy: "give address, user and hostKey of the bastion, or leave it out",
    changes: "reconnect",
    defaultInWords: "none",
  }),
});

const ofN = "computed from `containers`";

/** A local VM that the program makes. */
export const VmMachine = z.strictObject({
  kind: z.literal("vm"),
  sshPort: field(z.int().min(1024).max(65535).default(2222), {
    means: "Port on this computer's loopback that leads to the VM's SSH server. Each VM needs its own.",
    wanted: "a whole number from 1024 to 65535",
    remedy: "use a free port, such as 2222",
    changes: "resize",
  }),
  cpus: field(z.int().min(1).max(256).optional(), {
    means: "CPUs of the VM.",
    wanted: "a whole number from 1 to 256",
    remedy: "leave it out: it follows from `containers`",
    changes: "resize",
    defaultInWords: ofN,
  }),
  memoryMiB: field(z.int().min(1024).max(4_194_304).optional(), {
    means: "Memory of the VM, in MiB.",
    wanted: "a whole number of MiB from 1024 to 4194304",
    remedy: "leave it out: it follows from `containers`",
    changes: "resize",
    defaultInWords: ofN,
  }),
  diskGiB: field(z.int().min(8).max(65_536).optional(), {
    means: "Largest size of the VM's system disk, in GiB. The file on this computer grows as it fills.",
    wanted: "a whole number of GiB from 8 to 65536",
    remedy: "leave it out: it follows from `containers`",
    changes: "resize",
    defaultInWords: ofN,
  }),
  stateDiskGiB: field(z.int().min(1).max(65_536).optional(), {
    means: "Largest size of the disk that holds NanoClaw's state, in GiB.",
    wanted: "a whole number of GiB from 1 to 65536",
    remedy: "leave it out: it follows from `containers`",
    changes: "resize",
    defaultInWords: ofN,
  }),
  image: field(z.enum(["auto", "ubuntu-24.04", "debian-13", "debian-12"]).default("auto"), {
    means: "Operating system. `auto` takes Ubuntu 24.04 where its cloud image can be had, else makes a Debian 13 disk.",
    wanted: "auto, ubuntu-24.04, debian-13 or debian-12",
    remedy: "use auto",
    changes: "machine",
  }),
});

/** One of the kinds of machine. */
export const MachineSchema = field(z.discriminatedUnion("kind", [SshMachine, VmMachine, Ec2Machine]), {
  means:
    "The machine that is provisioned: `kind: ssh` is one that exists, `kind: vm` one that is made on this computer, " +
    "`kind: ec2` one that is made at AWS.",
  wanted: "kind: ssh, vm or ec2, with the fields of that kind",
  remedy:
    "use `kind: ssh` with address and user of a machine you have, `kind: vm` for a local VM, or `kind: ec2` with region and sshFrom",
  changes: "machine",
});
