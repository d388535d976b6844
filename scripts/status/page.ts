import type { Finding, FleetStatus, Gauge, HostSeen, HostStatus } from "../../contract/status.ts";
import { bytes, duration, plural } from "./quantities.ts";
import { dayText, serviceText, share, smokeText, summary } from "./text.ts";

/** HTML that is safe to put into a page. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Part[];

function escaped(part: Part): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(escaped).join("");
  return String(part).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** A template whose values are escaped unless they are Html themselves. */
function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + escaped(parts[index - 1] ?? "") + string));
}

type Tone = "good" | "wait" | "bad";
const toneOf: Record<Finding["level"], Tone> = { wrong: "bad", waiting: "wait", note: "wait" };

/**
 * The page of `make status HTML=…`: what the terminal shows, and the proofs. Static: no script, nothing loaded from
 * anywhere. Pure.
 * @param css the text of page.css
 */
export function statusPage(fleet: FleetStatus, css: string): string {
  const at = new Date(fleet.at);
  const body = html`
<header>
  <h1>${fleet.stack}</h1>
  <p class="quiet">as of <time datetime="${fleet.at}">${fleet.at.slice(0, 16).replace("T", " ")} UTC</time></p>
</header>
<main>
  <p class="banner ${fleetTone(fleet)}">${code(summary(fleet))}</p>
  <section class="card" aria-labelledby="hosts">${fleetTable(fleet, at)}</section>
  ${fleet.hosts.map((host) => hostCard(host, at))}
  <footer>made by <code>make status HTML=…</code>; docs/COMMANDS.md says what each value is</footer>
</main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`${fleet.stack}: ${fleet.ok ? "all is well" : "needs you"}`)}</title>
<style>
${css}</style>
</head>
<body>${body.text}
</body>
</html>
`;
}

function fleetTone({ ok, hosts }: FleetStatus): Tone {
  if (ok) return "good";
  return hosts.some(({ findings }) => findings.some(({ level }) => level === "wrong")) ? "bad" : "wait";
}

function pill({ ok, seen, findings }: HostStatus): Html {
  if (ok) return html`<span class="pill good">well</span>`;
  if (seen === null) return html`<span class="pill bad">down</span>`;
  return findings[0]?.level === "waiting" ? html`<span class="pill wait">waits</span>` : html`<span class="pill bad">not well</span>`;
}

function fleetTable({ hosts }: FleetStatus, at: Date): Html {
  const cell = (label: string, content: Html | string): Html => html`<td data-label="${label}"><div>${content}</div></td>`;
  const rows = hosts.map((host) => {
    const { name, seen } = host;
    const link = html`<th scope="row"><a href="#host-${name}">${name}</a></th>${cell("state", pill(host))}`;
    if (seen === null || !seen.provisioned) return html`<tr>${link}<td colspan="5" class="quiet">${host.findings[0]?.what ?? ""}</td></tr>`;
    const fullest = [...seen.disks].sort((a, b) => a.freeBytes / a.sizeBytes - b.freeBytes / b.sizeBytes)[0];
    return html`<tr>${link}
      ${cell("containers", html`<span class="number">${seen.containers.now} of ${seen.containers.cap ?? "?"}</span>`)}
      ${cell("memory", seen.agents === null ? "not used yet" : smallGauge(`memory of the agents of ${name}`, seen.agents.memoryBytes, bytes))}
      ${cell("CPU", seen.agents === null ? "not used yet" : smallGauge(`CPU of the agents of ${name}`, seen.agents.cpuPercent, (value) => `${value} %`))}
      ${cell("disk", fullest === undefined ? "unknown" : html`<span class="number">${bytes(fullest.freeBytes)} free</span>`)}
      ${cell("proofs", html`<span class="number">${smokeText(seen, at).split(",")[0] ?? ""}</span>`)}</tr>`;
  });
  return html`<h2 id="hosts">Hosts</h2>
<table><thead><tr><th scope="col">host</th><th scope="col">state</th><th scope="col">containers</th><th scope="col">agents' memory</th><th scope="col">agents' CPU</th><th scope="col">disk</th><th scope="col">proofs</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** A bar with what it stands for, for eyes and for screen readers. */
function meter(label: string, value: Gauge, shown: string): Html {
  const part = share(value);
  // To use all CPUs, or all containers, is what they are for.
  const level = /CPU|containers/.test(label) ? "" : part >= 0.9 ? "full" : part >= 0.75 ? "high" : "";
  const bar = part === 0 ? "" : html`<span style="--part:${(part * 100).toFixed(1)}%"></span>`;
  return html`<div class="track ${level}" role="meter" aria-label="${label}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${Math.round(part * 100)}" aria-valuetext="${shown}">${bar}</div>`;
}

type Write = (value: number) => string;

function against({ used, cap }: Gauge, write: Write): string {
  return `${write(used)} of ${cap === null ? "no cap" : write(cap)}`;
}

function smallGauge(label: string, gauge: Gauge, write: Write): Html {
  const shown = against(gauge, write);
  return html`<div class="small"><span class="number">${shown}</span>${meter(label, gauge, shown)}</div>`;
}

function gauge(label: string, value: Gauge, write: Write): Html {
  const shown = against(value, write);
  return html`<div><div class="gauge-head"><span>${label}</span><span>${shown}</span></div>${meter(label, value, shown)}</div>`;
}

function hostCard(host: HostStatus, at: Date): Html {
  const { name, login, findings, seen } = host;
  const about = seen === null ? login : `${login} · ${seen.os} · ${seen.kernel} · up ${duration(seen.uptimeSeconds)} · load ${seen.load} on ${plural(seen.cpus, "CPU")}`;
  const list = findings.length === 0 ? "" : html`<ul class="findings">${findings.map((finding) => html`<li class="${toneOf[finding.level]}">${finding.what}<span class="remedy">${code(finding.remedy)}</span></li>`)}</ul>`;
  return html`<section class="card" id="host-${name}" aria-labelledby="name-${name}">
<div class="host-head"><h2 id="name-${name}">${name}</h2>${pill(host)}<p class="quiet">${about}</p></div>
${list}${seen === null || !seen.provisioned ? "" : seenParts(seen, at)}
</section>`;
}

/** Text with `code` in backticks. */
function code(text: string): Part {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

function seenParts(seen: HostSeen, at: Date): Html {
  const percent: Write = (value) => `${value} %`;
  const { agents, service, disks } = seen;
  const gauges = [
    gauge("containers", { used: seen.containers.now, cap: seen.containers.cap }, String),
    ...(agents === null ? [] : [gauge("agents' memory", agents.memoryBytes, bytes), gauge("agents' CPU", agents.cpuPercent, percent), gauge("agents' processes", agents.tasks, String)]),
    ...(service.usage === null ? [] : [gauge("NanoClaw's memory", service.usage.memoryBytes, bytes), gauge("NanoClaw's CPU", service.usage.cpuPercent, percent)]),
    ...disks.map(({ holds, freeBytes, sizeBytes }) => gauge(`disk: ${holds}`, { used: sizeBytes - freeBytes, cap: sizeBytes }, bytes)),
    gauge("the machine's memory", seen.memoryBytes, bytes),
  ];
  const facts: [string, Part][] = [
    ["service", serviceText(seen)],
    ["NanoClaw", seen.release?.nanoclaw ?? "none"],
    ["release", html`<span class="mono">${seen.release?.id ?? "none"}</span>`],
    ["image", html`<span class="mono">${seen.image?.slice(0, 12) ?? "none"}</span>`],
    ["Node", seen.release?.node ?? "none"],
    ["network", Object.entries(seen.network).map(([role, mode]) => `${role} ${mode}`).join(", ") || "unknown"],
    ["last day", dayText(seen)],
    ["drift", seen.drift.length === 0 ? "none" : seen.drift.map(({ step }) => step).join(", ")],
  ];
  return html`<h3>Use against caps</h3><div class="gauges">${gauges}</div>
<h3>What runs</h3><dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
${proofsPart(seen, at)}`;
}

function proofsPart(seen: HostSeen, at: Date): Html {
  if (seen.smoke === null) return html`<h3>Proofs</h3><p class="quiet">${smokeText(seen, at)}</p>`;
  const rows = seen.smoke.proofs.map(
    ({ name, asserts, ok, got }) => html`<tr><th scope="row"><span class="mark ${ok ? "good" : "bad"}" role="img" aria-label="${ok ? "held" : "failed"}">${ok ? "✓" : "✗"}</span> <span class="mono">${name}</span></th><td>${asserts}</td><td class="quiet">${got}</td></tr>`,
  );
  return html`<h3>Proofs: ${smokeText(seen, at)}</h3>
<table><thead><tr><th scope="col">proof</th><th scope="col">what it asserts</th><th scope="col">what was seen</th></tr></thead><tbody>${rows}</tbody></table>`;
}
