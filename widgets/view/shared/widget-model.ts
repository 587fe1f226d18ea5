/** The browser's end of a widget's shared state, as ipywidgets and anywidget offer it to a view. */
export interface WidgetModel<State extends object> {
  /** Whether the kernel's end is there; the event `comm_live_update` tells of a change. Absent where a front end does not know. */
  readonly comm_live?: boolean;
  get<Name extends keyof State & string>(name: Name): State[Name];
  set<Name extends keyof State & string>(name: Name, value: State[Name]): void;
  /** Sends what was {@link set} to the kernel. */
  save_changes(): void;
  /** Sends a message beside the state. */
  send(content: unknown, callbacks?: undefined, buffers?: readonly ArrayBuffer[]): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** What a view is given: the shared state, and the element to fill. */
export interface RenderContext<State extends object> {
  readonly model: WidgetModel<State>;
  readonly el: HTMLElement;
}

/** Fills `el` and keeps it in step with the state. @returns What ends this. */
export type Render<State extends object> = (context: RenderContext<State>) => () => void;
