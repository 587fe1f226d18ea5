import type { ChildProcess } from "node:child_process";

import { spawnSupervisor } from "./spawn-supervisor.js";
import type { LocalFolder } from "./state.js";
import { listenFd } from "./supervisor.js";

const restartAfterMs = 1000;

/**
 * A second process that holds the listening socket and does nothing until its supervisor dies: then it supervises, and
 * what was waiting to be accepted is answered. When it dies itself, it is started again.
 */
export class Standby {
  readonly #folder: LocalFolder;
  readonly #onChange: () => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(folder: LocalFolder, onChange: () => void) {
    this.#folder = folder;
    this.#onChange = onChange;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const child = spawnSupervisor(this.#folder, "standby", { listen: listenFd, log: process.stderr.fd });
    this.#child = child;
    const gone = (): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#ended) return;
      this.#timer = setTimeout(() => {
        this.start();
      }, restartAfterMs);
    };
    child.once("error", gone).once("exit", gone);
    this.#onChange();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
  }
}
