import { useCallback, useEffect, useState } from "preact/hooks";

import type { WidgetModel } from "./widget-model.js";

/** A value of the shared state, and the way to change it here and in the kernel. */
export function useShared<State extends object, Name extends keyof State & string>(
  widget: WidgetModel<State>,
  name: Name,
): [State[Name], (value: State[Name]) => void] {
  const [value, setValue] = useState(() => widget.get(name));
  useEffect(() => {
    const changed = (): void => {
      setValue(() => widget.get(name));
    };
    changed(); // it may have changed between the first drawing and now
    widget.on(`change:${name}`, changed);
    return () => {
      widget.off(`change:${name}`, changed);
    };
  }, [widget, name]);
  const change = useCallback(
    (next: State[Name]) => {
      widget.set(name, next);
      widget.save_changes();
    },
    [widget, name],
  );
  return [value, change];
}

/** Whether something has been so for a while: what passes at once is not worth a word. */
export function useDelayed(isSo: boolean, delayMs: number): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isSo) return undefined;
    const timer = setTimeout(() => {
      setLong(true);
    }, delayMs);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isSo, delayMs]);
  return isSo && isLong;
}
