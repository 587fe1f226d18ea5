import type { KernelClient } from "../kernel/client.js";
import type { IncomingMessage, JsonObject } from "../../kernel/wire/message.js";

/** A front end's end of a widget: what a view would see and send, over a real comm. */
export class WidgetClient<State extends object> {
  readonly #kernel: KernelClient;
  readonly #opened: IncomingMessage;
  #asked = 0;

  private constructor(kernel: KernelClient, opened: IncomingMessage) {
    this.#kernel = kernel;
    this.#opened = opened;
  }

  /** Runs a cell that makes a widget whose view is `view`. */
  static async open<State extends object>(
    kernel: KernelClient,
    view: string,
    code: string,
  ): Promise<WidgetClient<State>> {
    const before = kernel.received.length;
    const result = await kernel.run(code);
    if (result.status !== "ok") throw new Error(result.text);
    const opened = kernel.received.slice(before).find(({ header, content }) => {
      if (header.msg_type !== "comm_open") return false;
      return (content["data"] as { state: JsonObject }).state["_view_name"] === view;
    });
    if (opened === undefined) throw new Error(`The cell opened no ${view}.`);
    return new WidgetClient<State>(kernel, opened);
  }

  get id(): string {
    return this.#opened.content["comm_id"] as string;
  }

  /** The shared state as the front end knows it: all that the kernel sent so far. */
  get state(): State {
    const state = { ...(this.#opened.content["data"] as { state: State }).state };
    for (const { method, state: changed } of this.#data()) {
      if (method === "update" || method === "echo_update") Object.assign(state, changed);
    }
    return state;
  }

  /** Changes the state as a view does, and waits until the kernel has dealt with it. */
  async set(state: Partial<State>): Promise<State> {
    await this.#send({ method: "update", state: state as JsonObject, buffer_paths: [] });
    return this.state;
  }

  /** The state once the kernel has done what it put off to the end of its turn. */
  async settled(): Promise<State> {
    await this.#kernel.run("await new Promise((resolve) => { setTimeout(resolve, 0); })");
    return this.state;
  }

  /** Asks as a view does. @throws Error with the kernel's sentence. */
  async ask(about: string, content: unknown): Promise<{ content: unknown; buffers: readonly Uint8Array[] }> {
    const name = `question ${(this.#asked += 1)}`;
    await this.#send({
      method: "custom",
      content: { ask: name, about, content: content as JsonObject },
    });
    const isAnswer = (message: IncomingMessage): boolean => {
      const data = message.content["data"] as { content?: { answer?: string } } | undefined;
      return message.header.msg_type === "comm_msg" && data?.content?.answer === name;
    };
    const message = await this.#kernel.wait(isAnswer);
    const answer = (message.content["data"] as { content: { content?: unknown; error?: string } }).content;
    if (answer.error !== undefined) throw new Error(answer.error);
    return { content: answer.content, buffers: message.buffers };
  }

  /** The value of an expression in the kernel, which must be JSON. */
  async value(expression: string): Promise<unknown> {
    const result = await this.#kernel.run(`console.log(JSON.stringify(${expression}))`);
    if (result.status !== "ok") throw new Error(result.text);
    return JSON.parse(result.stream("stdout"));
  }

  /** What stands for the widget, each time that it was renewed, by MIME type. */
  get renewed(): Record<string, string>[] {
    return this.#kernel.received
      .filter(({ header, content }) => {
        const { display_id: id } = (content["transient"] ?? {}) as JsonObject;
        return header.msg_type === "update_display_data" && id === this.id;
      })
      .map(({ content }) => content["data"] as Record<string, string>);
  }

  /** The first one after `action` that says `words`: what was done before may still be on its way, or half of the action. */
  async renewal(action: () => Promise<unknown>, words: RegExp): Promise<Record<string, string>> {
    const before = this.renewed.length;
    await action();
    const found = (): Record<string, string> | undefined =>
      this.renewed.slice(before).find((data) => words.test(`${data["text/plain"]} ${data["text/html"]}`));
    await this.#kernel.wait(() => found() !== undefined);
    return found()!;
  }

  async #send(data: JsonObject): Promise<void> {
    await this.#kernel.idle(await this.#kernel.send("comm_msg", { comm_id: this.id, data }));
  }

  #data(): { method?: string; state?: object }[] {
    return this.#kernel.received
      .filter(({ header, content }) => header.msg_type === "comm_msg" && content["comm_id"] === this.id)
      .map(({ content }) => content["data"] as { method?: string; state?: object });
  }
}
