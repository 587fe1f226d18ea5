import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after } from "node:test";

import { temporaryFolder } from "./support.js";

/** A disk of one megabyte, which a test can fill without harm. */
export interface SmallDisk {
  /** The `skip` option of tests that need it: false, or why there is none. */
  readonly skip: string | false;
  /** Where it is mounted, until the test, suite or file that made it ends. */
  readonly folder: string;
  /** Leaves no byte. */
  fill(): void;
  /** Takes away what {@link fill} put there. */
  makeRoom(): void;
}

/** Mounts one, which takes root on Linux. */
export function mountSmallDisk(): SmallDisk {
  let folder = "";
  // Before the folder around it is removed.
  after(() => {
    spawnSync("umount", ["-l", folder]);
  });
  folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  const isMounted =
    process.platform === "linux" &&
    process.getuid?.() === 0 &&
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]).status === 0;
  return {
    skip: !isMounted && "a disk that can be full takes root on Linux, to mount it",
    folder,
    fill: () => {
      for (let size = 1 << 20; size >= 1; size >>= 1) {
        for (let number = 0; ; number++) {
          try {
            writeFileSync(join(folder, `filler-${size}-${number}`), Buffer.alloc(size), { flag: "wx" });
          } catch {
            break;
          }
        }
      }
    },
    makeRoom: () => {
      for (const name of readdirSync(folder)) if (name.startsWith("filler")) rmSync(join(folder, name));
    },
  };
}
