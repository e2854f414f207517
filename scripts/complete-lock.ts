// Adds to package-lock.json what npm leaves out: binaries for other systems that the registry at hand does not carry.
// Without them `npm ci` of npm 11 calls the lock out of sync, and nobody on those systems could install.
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  peer?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
export interface Lock {
  packages: Record<string, Entry>;
}

const systems = ["linux", "darwin", "win32", "android", "freebsd", "openharmony", "sunos", "netbsd", "openbsd", "aix"];
const processors = ["x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];
const libcs: Record<string, string> = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** The optional packages that the lock should name and does not, with what their names and their parents tell. */
export function missingFrom(lock: Lock): Record<string, Entry> {
  const missing: Record<string, Entry> = {};
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      const known = Object.keys(lock.packages).some((other) => other === path || other.endsWith(`/${path}`));
      if (known || !/^\d/.test(version)) continue; // a range does not say which version
      const words = name.split(/[-/]/);
      const only = (list: readonly string[]) => words.filter((word) => list.includes(word));
      const libc = words.flatMap((word) => libcs[word] ?? []);
      missing[path] = {
        version,
        ...(only(processors).length > 0 && { cpu: only(processors) }),
        ...(parent.dev && { dev: true }),
        ...(libc.length > 0 && { libc }),
        optional: true,
        ...(only(systems).length > 0 && { os: only(systems) }),
        ...(parent.peer && { peer: true }),
      };
    }
  }
  return missing;
}

if (import.meta.main) {
  const lock: Lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const missing = missingFrom(lock);
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${Object.keys(missing).length} packages added to package-lock.json`);
}
