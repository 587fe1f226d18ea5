import type { MonitorBar } from "../../state/index.js";
import "./progress-bar.css";

/** How far something is, with its name before and its numbers behind it. */
export function ProgressBar({ name, done, total, text }: MonitorBar) {
  const part = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  return (
    <div class="sightbook-progress">
      <span class="sightbook-progress-name" aria-hidden="true">
        {name}
      </span>
      <div
        class="sightbook-progress-track"
        role="progressbar"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={Math.floor(done)}
        aria-valuetext={text}
      >
        <div style={{ width: `${(100 * part).toFixed(2)}%` }} />
      </div>
      <span class="sightbook-progress-text" aria-hidden="true">
        {text}
      </span>
    </div>
  );
}
