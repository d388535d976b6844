import { priceBasis } from "../../components/instanceTypes.ts";

/** Cost by N as an SVG; pure, so that a test can compare the committed file. */

/** One line of the chart: USD a month for N = 1, 2, 3 … */
export interface Series {
  label: string;
  colour: string;
  /** SVG dash pattern, so that the lines differ without colour too; "" = solid. */
  dashes: string;
  usdPerMonth: number[];
}

const width = 800;
const height = 480;
const plot = { left: 72, right: 598, top: 84, bottom: 412 };
const ink = "#1f2933";
const faint = "#616e7c";

/** Draws the series over 1..count containers. A price is a step: the same type serves several N. */
export function renderChart(series: readonly Series[]): string {
  const count = Math.max(...series.map((each) => each.usdPerMonth.length));
  const step = 250;
  const top = Math.ceil(Math.max(...series.flatMap((each) => each.usdPerMonth)) / step) * step;
  const x = (n: number) => plot.left + ((n - 0.5) / count) * (plot.right - plot.left);
  const y = (usd: number) => plot.bottom - (usd / top) * (plot.bottom - plot.top);

  const grid = Array.from({ length: top / step + 1 }, (_, i) => i * step).flatMap((usd) => [
    `<line x1="${plot.left}" x2="${plot.right}" y1="${f(y(usd))}" y2="${f(y(usd))}" stroke="${usd === 0 ? faint : "#dde2e8"}"/>`,
    text(plot.left - 10, y(usd) + 4, `$${usd.toLocaleString("en-US")}`, `text-anchor="end" fill="${faint}"`),
  ]);
  const ticks = Array.from({ length: count }, (_, i) =>
    text(x(i + 1), plot.bottom + 20, String(i + 1), `text-anchor="middle" fill="${faint}"`),
  );
  const labelYs = spread(series.map((each) => y(each.usdPerMonth.at(-1)!)), 40);
  const lines = series.flatMap((each, i) => [
    `<path d="${stepPath(each.usdPerMonth.map((usd, j) => [x(j + 1), y(usd)]), (plot.right - plot.left) / count / 2)}" fill="none" stroke="${each.colour}" stroke-width="2.5" stroke-linejoin="round"${each.dashes && ` stroke-dasharray="${each.dashes}"`}/>`,
    ...each.usdPerMonth.map((usd, j) => `<circle cx="${f(x(j + 1))}" cy="${f(y(usd))}" r="3.5" fill="${each.colour}"/>`),
    text(plot.right + 12, labelYs[i]! + 1, each.label, `fill="${each.colour}" font-weight="600"`),
    text(plot.right + 12, labelYs[i]! + 17, `$${Math.round(each.usdPerMonth.at(-1)!).toLocaleString("en-US")} for ${count}`, `fill="${faint}" font-size="12"`),
  ]);

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" role="img" aria-labelledby="title">`,
    `<title id="title">EC2 cost a month by number of containers</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    text(24, 36, "What a host costs on EC2, by agents at once", `fill="${ink}" font-size="18" font-weight="600"`),
    text(24, 58, `USD a month: the cheapest type that fits, on demand, Linux, ${priceBasis.region}, ${priceBasis.asOf}, with browser, without disks`, `fill="${faint}" font-size="12.5"`),
    ...grid,
    ...ticks,
    text((plot.left + plot.right) / 2, plot.bottom + 46, "containers (N)", `text-anchor="middle" fill="${ink}"`),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

/** Horizontal at each point, vertical half-way between neighbours. */
function stepPath(points: [number, number][], half: number): string {
  return points
    .map(([px, py], i) => `${i === 0 ? "M" : "V"}${i === 0 ? `${f(px - half)} ${f(py)}` : f(py)} H${f(px + half)}`)
    .join(" ");
}

/** Moves labels apart, keeping their order, so that none covers another. */
function spread(ys: number[], gap: number): number[] {
  const moved = [...ys];
  const order = ys.map((_, i) => i).sort((a, b) => ys[a]! - ys[b]!);
  for (let k = 1; k < order.length; k++) {
    moved[order[k]!] = Math.max(moved[order[k]!]!, moved[order[k - 1]!]! + gap);
  }
  return moved;
}

function text(px: number, py: number, content: string, attributes: string): string {
  return `<text x="${f(px)}" y="${f(py)}" ${attributes}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}

function f(value: number): string {
  return String(Math.round(value * 10) / 10);
}
