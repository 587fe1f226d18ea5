/** How far something countable is. */
export type MonitorBar = {
  /** Its accessible name, such as "Epoch". */
  readonly name: string;
  /** In [0, total]; may be a fraction. */
  readonly done: number;
  readonly total: number;
  /** The same for people, such as "3 of 15". */
  readonly text: string;
};

/** One line of a chart; a point may be missing (`null`). */
export type MonitorLine = {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** Drawn thin behind the others, such as single batches beside whole epochs. */
  readonly faint?: boolean;
};

/** Lines over one axis. */
export type MonitorChart = {
  readonly title: string;
  readonly xTitle: string;
  /** Range of the horizontal axis. */
  readonly xDomain: readonly [number, number];
  /** Where the vertical axis ends by nature, such as [0, 1] of an accuracy; the lowest value is never cut by it. */
  readonly yMax?: number;
  readonly lines: readonly MonitorLine[];
  /** Digits behind the point in the legend. Default 3. */
  readonly digits?: number;
  /** A place that matters, such as the best epoch. */
  readonly mark?: { readonly x: number; readonly text: string };
};

/** Numbers for those who want them exact, already as texts. */
export type MonitorTable = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export type MonitorPhase = "running" | "stopping" | "finished" | "stopped" | "failed";

/** What long work shows of itself while it runs, and after it has ended. */
export type MonitorState = {
  /** Accessible name of the whole, such as "Training". */
  readonly region: string;
  readonly title: string;
  readonly phase: MonitorPhase;
  /** What is being done, or how it ended: one sentence. */
  readonly message: string;
  /** Said between a press of "Stop" and the end, such as "Stopping after this step". */
  readonly stopMessage: string;
  readonly bars: readonly MonitorBar[];
  /** Names and values, such as the engine and the learning rate. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly charts: readonly MonitorChart[];
  readonly table: MonitorTable;
  /** What should be read but changes no numbers, such as images that were left out. */
  readonly notes: readonly string[];
  readonly elapsedSeconds: number;
  /** Estimated; `null` while nothing is known. */
  readonly secondsLeft: number | null;
};
