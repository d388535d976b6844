import type { Hardening } from "../../contract/policy.ts";
import type { Proof } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import type { ServiceUser } from "../agentRun/serviceUser.ts";
import type { SeenContainer } from "./seenContainer.ts";

/** `quick`: in every `up`, under 30 s on real hardware. `full`: by `make prove`. */
export type ProofSet = "quick" | "full";

/** What is known before an experiment looks at anything. */
export interface ProofContext {
  /** What the stack expects of this host; the policy on the host is never asked what is right. */
  readonly settings: SmokeSettings;
  readonly user: ServiceUser;
  /** A line of progress, for people. */
  readonly say: (line: string) => void;
  /** Names of proofs that are not asked for. */
  readonly without: readonly string[];
  /** The container of the agent that answered, seen while it ran: left by that proof for those of its box. */
  agent?: SeenContainer;
}

/** What was seen. */
export interface Finding {
  readonly ok: boolean;
  readonly got: string;
}

/** What a proof says before it is known whether it holds; docs/SECURITY.md lists these. */
export interface Claim {
  /** Stable id in kebab-case. */
  readonly name: string;
  /** What it asserts, a sentence. */
  readonly asserts: string;
  /** What must be seen. */
  readonly wanted: string | ((settings: SmokeSettings) => string);
  /** What to do when it fails. */
  readonly remedy: string;
  /** The switch of the policy that turns the protection on; where the stack itself has it off, there is nothing to prove. */
  readonly protection?: keyof Hardening;
  /** False: the proof does not belong to a host with these settings. Default: it does. */
  readonly applies?: (settings: SmokeSettings) => boolean;
}

/** A claim and the judgement on it: facts in, finding out, nothing else. */
export interface ProofRow<Facts> extends Claim {
  readonly judge: (facts: Facts, settings: SmokeSettings) => Finding;
}

/** One look at the host that several proofs are judged by. */
export interface ExperimentParts<Facts> {
  /** The sets it belongs to. Default: both. */
  readonly sets?: readonly ProofSet[];
  /** What it does, for the line of progress. */
  readonly does: string;
  /** Throws when it cannot be done: then all its proofs have failed, with the first line of the error. */
  readonly look: (context: ProofContext) => Promise<Facts>;
  readonly rows: readonly ProofRow<Facts>[];
}

/** An experiment, whatever its facts are. */
export interface Experiment {
  readonly sets: readonly ProofSet[];
  readonly claims: readonly Claim[];
  /** Looks once and judges every row; never throws. The look's time is counted to the first row. */
  readonly prove: (context: ProofContext) => Promise<Proof[]>;
}

/** Makes an experiment of its parts; `rows` stay with it, so that each judgement can be tested alone. */
export function experiment<Facts>({ sets = ["quick", "full"], does, look, rows }: ExperimentParts<Facts>): Experiment & Pick<ExperimentParts<Facts>, "rows"> {
  const prove = async (context: ProofContext): Promise<Proof[]> => {
    const { settings, without } = context;
    const due = rows.filter((row) => !without.includes(row.name) && belongs(row, settings));
    if (due.length === 0) return [];
    context.say(does);
    let started = performance.now();
    let judge: (row: ProofRow<Facts>) => Finding;
    try {
      const facts = await look(context);
      judge = (row) => row.judge(facts, settings);
    } catch (error) {
      judge = () => ({ ok: false, got: firstLine(error) });
    }
    return due.map((row) => {
      const proof = conclude(row, settings, judge, started);
      started = performance.now();
      return proof;
    });
  };
  return { sets, claims: rows, rows, prove };
}

/** Whether a proof is due on a host with these settings. */
function belongs({ protection, applies }: Claim, settings: SmokeSettings): boolean {
  return (protection === undefined || settings.hardening[protection]) && (applies?.(settings) ?? true);
}

function conclude<Row extends Claim>(row: Row, settings: SmokeSettings, judge: (row: Row) => Finding, started: number): Proof {
  let finding: Finding;
  try {
    finding = judge(row);
  } catch (error) {
    finding = { ok: false, got: firstLine(error) };
  }
  const { name, asserts, wanted, remedy } = row;
  return {
    name,
    asserts,
    ok: finding.ok,
    wanted: typeof wanted === "string" ? wanted : wanted(settings),
    got: finding.got,
    remedy: finding.ok ? "" : remedy,
    milliseconds: Math.round(performance.now() - started),
  };
}

/** The first line of an error; of the command's stderr, when a command failed. */
export function firstLine(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  const text = stderr?.trim() || (error instanceof Error ? error.message : String(error));
  return text.split("\n")[0]?.slice(0, 300) ?? "an error";
}

/** The finding for a value that must be exactly the wanted one. */
export function same(wanted: string | number, got: string | number | undefined): Finding {
  return { ok: got === wanted, got: String(got ?? "nothing") };
}
