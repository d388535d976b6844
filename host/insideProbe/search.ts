import { readdirSync, readFileSync, statSync, type Dirent, type Stats } from "node:fs";

/** What was found: where each mark stands, by its name, and every socket. */
export interface Found {
  places: Record<string, string[]>;
  sockets: string[];
}

/** Bounds, so that a box that shows the whole host does not make the search endless. */
const most = { entries: 200_000, fileBytes: 1 << 20, places: 5 };

const kernelFileSystems = new Set(["proc", "sysfs", "cgroup2", "devpts", "mqueue"]);

/** Where something other than the image can lie: every mount but the image itself and the kernel's own file systems. */
function mountedPlaces(): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const path = before.split(" ")[4];
    return path === undefined || path === "/" || kernelFileSystems.has(after.split(" ")[0] ?? "") ? [] : [path];
  });
}

/** Reads everything that an agent could read outside its image, and looks for marks and sockets. */
export function search(marks: Readonly<Record<string, string>>): Found {
  const found: Found = { places: Object.fromEntries(Object.keys(marks).map((name) => [name, []])), sockets: [] };
  const seen = new Set<string>();
  let left = most.entries;
  const read = (path: string): void => {
    let text: string;
    try {
      // What stands below a device's mount is a plain file to readdir, but endless to read.
      const stat = statSync(path);
      if (!stat.isFile() || stat.size > most.fileBytes) return;
      text = readFileSync(path, "latin1");
    } catch {
      return;
    }
    for (const [name, mark] of Object.entries(marks)) {
      const places = found.places[name] ?? [];
      if (places.length < most.places && text.includes(mark)) places.push(path);
    }
  };
  const visit = (directory: string): void => {
    if (seen.has(directory)) return;
    seen.add(directory);
    for (const entry of entriesOf(directory)) {
      if (left-- <= 0) return;
      const path = `${directory === "/" ? "" : directory}/${entry.name}`;
      if (entry.isSocket()) found.sockets.push(path);
      else if (entry.isFile()) read(path);
      // Below /dev, /proc and /sys lie mounts of their own, if anything of interest.
      else if (entry.isDirectory() && !/^\/(proc|sys)(\/|$)/.test(path)) visit(path);
    }
  };
  for (const place of mountedPlaces()) {
    const kind = kindOf(place);
    if (kind?.isDirectory() === true) visit(place);
    else if (kind?.isFile() === true) read(place);
    else if (kind?.isSocket() === true) found.sockets.push(place);
  }
  return found;
}

function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
