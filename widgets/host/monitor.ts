import { display, type JsonObject, type Widget } from "../../kernel/index.js";
import type { MonitorPhase, MonitorState } from "../state/index.js";
import { openViewWidget } from "./view-widget.js";

/** At most five updates a second: smooth to the eye, and nothing to a training that runs beside it. */
const updateMs = 200;
/** How often the time that has passed is told when nothing else is. */
const tickMs = 1000;
/** How often the static picture of a running monitor is renewed, for a notebook that is saved meanwhile. */
const staticMs = 5000;

/** The parts of a monitor that its owner decides; the monitor itself keeps the time. */
export type MonitorContent = Omit<MonitorState, "elapsedSeconds" | "phase">;

/**
 * Shows long work below its cell while it runs: the part of a monitor that every kind of work shares. What changes is
 * collected and sent a few times a second.
 */
export class Monitor {
  readonly #widget: Widget<MonitorState>;
  readonly #displayId: string;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #waiting: Partial<MonitorState> = {};
  #sentAt = -Infinity;
  #sending: NodeJS.Timeout | undefined;
  #static: JsonObject;
  #staticAt = performance.now();
  #ended = false;

  /**
   * @param onStop - Called once when a person presses the button "Stop".
   * @param fallback - What is shown where no widgets are: a MIME bundle.
   */
  constructor(content: MonitorContent, fallback: JsonObject, onStop: () => void) {
    this.#static = fallback;
    this.#widget = openViewWidget<MonitorState>(
      "MonitorView",
      { ...content, phase: "running", elapsedSeconds: 0 },
      () => this.#static,
    );
    this.#displayId = `sightbook-monitor-${this.#widget.id}`;
    this.#widget.onMessage(({ stop }) => {
      if (stop !== true || this.#ended || this.#widget.state.phase !== "running") return;
      this.#widget.set({ phase: "stopping" });
      onStop();
    });
    this.#timer = setInterval(() => {
      this.update({});
    }, tickMs);
    this.#timer.unref();
    void display(this.#widget, { id: this.#displayId });
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Changes what is shown, soon. */
  update(values: Partial<MonitorContent>): void {
    if (this.#ended) return;
    Object.assign(this.#waiting, values);
    if (this.#sending !== undefined) return;
    const wait = this.#sentAt + updateMs - performance.now();
    if (wait <= 0) this.#send();
    else {
      this.#sending = setTimeout(() => {
        this.#send();
      }, wait).unref();
    }
  }

  /** Renews the static picture now and then, for a notebook that is saved while the work runs. */
  updateStatic(fallback: JsonObject): void {
    this.#static = fallback;
    if (this.#ended || performance.now() - this.#staticAt < staticMs) return;
    this.#staticAt = performance.now();
    void display(this.#widget, { id: this.#displayId, update: true });
  }

  /** Shows how it ended, and the final picture once that is drawn; nothing changes afterwards. */
  async end(
    phase: MonitorPhase,
    values: Partial<MonitorContent>,
    fallback: JsonObject | Promise<JsonObject>,
  ): Promise<void> {
    if (this.#ended) return;
    clearInterval(this.#timer);
    clearTimeout(this.#sending);
    Object.assign(this.#waiting, values, { phase, secondsLeft: null });
    this.#send();
    this.#ended = true;
    this.#static = await fallback;
    await display(this.#widget, { id: this.#displayId, update: true });
  }

  #send(): void {
    this.#sending = undefined;
    this.#sentAt = performance.now();
    this.#widget.set({ ...this.#waiting, elapsedSeconds: Math.floor(this.elapsedSeconds) });
    this.#waiting = {};
  }
}
