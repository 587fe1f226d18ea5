import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Notice } from "./controls.js";
import type { WidgetModel } from "./widget-model.js";

/** Whether the kernel's half is there; a model that does not tell is taken to be connected. */
export function isConnected(widget: WidgetModel<object>): boolean {
  return widget.comm_live ?? true;
}

/** Whether the kernel's half is there: false after a restart, and in a notebook opened without its kernel. */
export function useConnected(widget: WidgetModel<object>): boolean {
  const [connected, setConnected] = useState(() => isConnected(widget));
  useEffect(() => {
    const changed = (): void => {
      setConnected(isConnected(widget));
    };
    changed();
    widget.on("comm_live_update", changed);
    return () => {
      widget.off("comm_live_update", changed);
    };
  }, [widget]);
  return connected;
}

export interface NeedsKernelProps {
  readonly connected: boolean;
  /** What the kernel's end means here, and how to go on. Absent where it means nothing. */
  readonly ended: string | undefined;
  readonly children: ComponentChildren;
}

/** Parts of a view that do nothing without the kernel: once it has ended a sentence says so, and their controls are off. */
export function NeedsKernel({ connected, ended, children }: NeedsKernelProps) {
  return (
    <>
      {!connected && ended !== undefined && (
        <Notice kind="warning">The kernel of this widget has ended. {ended}</Notice>
      )}
      <fieldset class="sightbook-needs-kernel" role="presentation" disabled={!connected}>
        {children}
      </fieldset>
    </>
  );
}
