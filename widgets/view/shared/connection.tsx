import { useEffect, useState } from "preact/hooks";

import { Notice } from "./controls.js";
import type { WidgetModel } from "./widget-model.js";

/** A model that knows whether its kernel is there; one without this property is taken to be connected. */
interface Connected {
  readonly comm_live?: boolean;
}

/** Whether the kernel's half is there: false after a restart, and in a notebook opened without its kernel. */
export function useConnected(widget: WidgetModel<object>): boolean {
  const isLive = (): boolean => (widget as Connected).comm_live ?? true;
  const [connected, setConnected] = useState(isLive);
  useEffect(() => {
    const changed = (): void => {
      setConnected(isLive());
    };
    changed();
    widget.on("comm_live_update", changed);
    return () => {
      widget.off("comm_live_update", changed);
    };
  }, [widget]);
  return connected;
}

/** Says that the kernel's half is gone; `children` says what that means here. */
export function Disconnected({ children }: { readonly children: string }) {
  return <Notice kind="warning">The kernel of this widget has ended. {children}</Notice>;
}
