import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";

/**
 * What a page looks like, coarsely: the mean colour of each square of its window. Another font moves letters within a
 * square and changes its mean little; another layout, a missing part or another colour changes many squares much.
 */

/** Side of a square, in pixels. */
const squarePixels = 16;
/** A square differs when a channel of its mean colour does by more than this, of 255. */
const differingLevels = 32;
/** Share of squares that may differ: fonts of another machine. */
const toleratedShare = 0.02;

/** Reads a PNG into the browser; `side` pixels become one. Runs there, gives the means as [r, g, b, …] and as a PNG. */
const meansOf = `async ([png, side]) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const draw = (width, height) => { const canvas = Object.assign(document.createElement("canvas"), { width, height }); return canvas.getContext("2d"); };
  const whole = draw(image.width, image.height);
  whole.drawImage(image, 0, 0);
  const [columns, rows] = [Math.ceil(image.width / side), Math.ceil(image.height / side)];
  const coarse = draw(columns, rows), cells = coarse.createImageData(columns, rows), means = [];
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const [width, height] = [Math.min(side, image.width - column * side), Math.min(side, image.height - row * side)];
    const { data } = whole.getImageData(column * side, row * side, width, height);
    const sum = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) for (let channel = 0; channel < 3; channel++) sum[channel] += data[at + channel];
    const mean = sum.map((each) => Math.round(each / (width * height)));
    means.push(...mean);
    cells.data.set([...mean, 255], (row * columns + column) * 4);
  }
  coarse.putImageData(cells, 0, 0);
  return { means, png: coarse.canvas.toDataURL("image/png").split(",")[1] };
}`;

interface Means {
  means: number[];
  png: string;
}

async function means(browser: Browser, png: Buffer, side: number): Promise<Means> {
  // Another page: the one that is looked at may load nothing, not even this.
  const canvas = await browser.newPage();
  try {
    return (await canvas.evaluate(`(${meansOf})(${JSON.stringify([png.toString("base64"), side])})`)) as Means;
  } finally {
    await canvas.close();
  }
}

/** Whether a page's window looks as the baseline, and the share of squares that differ. */
export interface Look {
  same: boolean;
  share: number;
}

/**
 * Compares a page's window with the baseline of that name beside this file (a PNG, one pixel a square). With
 * STATUS_PAGE_UPDATE=yes it becomes the baseline instead.
 * @throws Error when there is no baseline of that name
 */
export async function lookOf(page: Page, browser: Browser, name: string): Promise<Look> {
  const file = join(import.meta.dirname, "pageLooks", `${name}.png`);
  const seen = await means(browser, await page.screenshot({ animations: "disabled" }), squarePixels);
  if (process.env["STATUS_PAGE_UPDATE"] === "yes") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(seen.png, "base64"));
  }
  if (!existsSync(file)) throw new Error(`${file}: wanted a baseline to compare the page with; got none. Remedy: look at the page, then run this test with STATUS_PAGE_UPDATE=yes`);
  const wanted = await means(browser, readFileSync(file), 1);
  const squares = Math.max(seen.means.length, wanted.means.length) / 3;
  let differing = Math.abs(seen.means.length - wanted.means.length) / 3;
  for (let at = 0; at < Math.min(seen.means.length, wanted.means.length); at += 3) {
    if ([0, 1, 2].some((channel) => Math.abs(seen.means[at + channel]! - wanted.means[at + channel]!) > differingLevels)) differing++;
  }
  const share = differing / squares;
  return { same: share <= toleratedShare, share };
}
