import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { statusPage } from "./page.ts";
import { lookOf } from "./testLook.ts";
import { fleetOf, hostOf, seenHost, variedFleet } from "./testStatus.ts";

/** The page in a real browser, Debian's Chromium: nothing is cut or runs out of the window, and everybody can read it. */
const css = readFileSync(join(import.meta.dirname, "page.css"), "utf8");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const pages = { "of many hosts": statusPage(variedFleet(), css), "of one that is well": statusPage(fleetOf(hostOf("local", [], seenHost())), css) };
/** A directory, to look at what the browser drew. */
const shots = process.env["STATUS_PAGE_SHOTS"];
let browser: Browser;

beforeAll(async () => {
  if (executablePath === undefined) throw new Error("chromium: wanted it to look at the page with; got none. Remedy: toolchain/setup.sh test-packages");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
});
afterAll(() => browser?.close());

/** Opens a page; what it tries to load is an error. */
async function open(content: string, width: number, colorScheme: "light" | "dark"): Promise<{ page: Page; close: () => Promise<void>; requests: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  const page = await context.newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.setContent(content);
  return { page, requests, close: () => context.close() };
}

/** What is wider than its box or than the window; nothing here may scroll sideways. Runs in the browser. */
const cutElements = `[...document.querySelectorAll("body, body *")].filter((element) => {
  const style = getComputedStyle(element);
  if (element.closest("thead") && style.position === "absolute" || element.closest("thead")?.getBoundingClientRect().width <= 1) return false;
  const box = element.getBoundingClientRect();
  if (box.width === 0) return false;
  const outside = box.right > innerWidth + 0.5 || box.left < -0.5;
  const cut = style.display !== "inline" && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
  return outside || cut;
}).map((element) => element.tagName + "." + element.className + " " + element.textContent.trim().slice(0, 40))`;

const views = [
  ["of many hosts", 360, "light"], ["of many hosts", 768, "dark"], ["of many hosts", 1280, "light"],
  ["of one that is well", 360, "dark"], ["of one that is well", 1280, "light"],
] as const;

const nameOf = (name: string, width: number, scheme: string): string => `${name.replaceAll(" ", "-")}-${width}-${scheme}`;

/** Where another font wraps no line: else what follows is elsewhere, and rightly looks otherwise. */
const looks = views.filter(([name, width]) => name === "of one that is well" || width === 1280);

describe("the page", () => {
  it.each(looks)("%s, at %i pixels, %s, looks as its baseline", async (name, width, scheme) => {
    const { page, close } = await open(pages[name], width, scheme);
    expect(await lookOf(page, browser, nameOf(name, width, scheme))).toMatchObject({ same: true });
    await close();
  });

  it.each([
    ["without its style", (html: string) => html.replace(/<style>[\s\S]*?<\/style>/, "")],
    ["with full gauges", (html: string) => html.replaceAll(/--part:[\d.]+%/g, "--part:100%")],
    ["with a part pushed away", (html: string) => html.replace("</style>", "main > * { margin-top: 90px !important; }</style>")],
    ["in other colours", (html: string) => html.replace("</style>", "body, body * { background: #dfd !important; }</style>")],
  ])("%s looks otherwise", async (_, spoil) => {
    expect(spoil(pages["of one that is well"])).not.toBe(pages["of one that is well"]);
    const { page, close } = await open(spoil(pages["of one that is well"]), 1280, "light");
    expect(await lookOf(page, browser, nameOf("of one that is well", 1280, "light"))).toMatchObject({ same: false });
    await close();
  });

  it.each(looks)("%s, at %i pixels, %s, looks as its baseline in another font too", async (name, width, scheme) => {
    const { page, close } = await open(pages[name].replace("</style>", "* { font-family: serif !important; }</style>"), width, scheme);
    expect(await lookOf(page, browser, nameOf(name, width, scheme))).toMatchObject({ same: true });
    await close();
  });

  it.each(views)("%s, at %i pixels, %s, shows everything and is accessible", async (name, width, scheme) => {
    const { page, close, requests } = await open(pages[name], width, scheme);
    try {
      if (shots !== undefined) await page.screenshot({ path: join(shots, `${nameOf(name, width, scheme)}.png`), fullPage: true });
      expect(await page.evaluate(cutElements)).toEqual([]);
      await page.evaluate(axe);
      const violations = await page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))");
      expect(violations).toEqual([]);
      expect(requests).toEqual([]);
    } finally {
      await close();
    }
  });
});

it("what would be cut, run out of the window or be hard to read is found", async () => {
  const broken = pages["of many hosts"].replace("</main>", '<p style="width:2000px;color:#ddd;background:#fff" class="wide">wide and pale</p><p class="narrow" style="width:20px;white-space:nowrap">does not fit</p></main>');
  const { page, close } = await open(broken, 360, "light");
  const cut = (await page.evaluate(cutElements)) as string[];
  expect(cut.some((text) => text.includes("P.wide"))).toBe(true);
  expect(cut.some((text) => text.includes("P.narrow"))).toBe(true);
  await page.evaluate(axe);
  expect(await page.evaluate("axe.run({ runOnly: ['color-contrast'] }).then(({ violations }) => violations.length)")).toBe(1);
  await close();
});

it("dark is dark, light is light, and what a host said is text and never markup", async () => {
  const brightness = async (scheme: "light" | "dark"): Promise<number> => {
    const { page, close } = await open(pages["of many hosts"], 1280, scheme);
    const colour = (await page.evaluate("getComputedStyle(document.body).backgroundColor")) as string;
    expect(await page.evaluate("document.querySelectorAll('script').length")).toBe(0);
    expect(await page.evaluate("document.body.innerText.includes('<script>alert(1)</script>.example')")).toBe(true);
    await close();
    return Math.max(...colour.match(/\d+/g)!.map(Number));
  };
  expect(await brightness("light")).toBeGreaterThan(200);
  expect(await brightness("dark")).toBeLessThan(60);
});

it("gauges and proofs are there for each host that answered", async () => {
  const { page, close } = await open(pages["of many hosts"], 1280, "light");
  expect(await page.locator("#host-office [role=meter]").count()).toBe(9);
  expect(await page.locator("#host-warehouse .track.full").count()).toBe(3);
  expect(await page.locator("#host-office tbody tr").count()).toBe(3);
  expect(await page.locator("#host-attic [role=meter]").count()).toBe(0);
  expect(await page.locator("main table").first().locator("tbody tr").count()).toBe(4);
  await close();
});
