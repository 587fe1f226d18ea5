/** One thing that a deployment needs, and how it stands. */
export interface ClusterFinding {
  /** `"note"`: deploying works without it. */
  readonly result: "ok" | "no" | "note";
  readonly message: string;
}

/** Takes a finding. */
export type Tell = (result: ClusterFinding["result"], message: string) => void;
