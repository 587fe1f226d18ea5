/** A Python global that a pickle names, such as `collections.OrderedDict`; naming it runs nothing. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What the reader of a pickle decides; all else is plain data. */
export interface PickleHooks {
  /** The result of calling a global, or an error: nothing is ever called but this. */
  readonly reduce: (global: PickleGlobal, args: readonly unknown[]) => unknown;
  /** A global that the pickle names; throws for one that is not allowed. */
  readonly global: (name: string) => PickleGlobal;
  /** An object that lives outside the pickle. */
  readonly persistent: (id: unknown) => unknown;
}

/** A pickle that is damaged, or holds more than data. The message is the tail of a sentence. */
export class PickleError extends Error {}

/**
 * Reads one pickle of protocol 2 to 5 as data: dictionaries become `Map`, lists and tuples arrays, integers numbers.
 *
 * A pickle is a program for a small stack machine that can call any Python function by name. This reader has the stack and
 * the data instructions; every name and every call goes to the hooks, and instructions that build objects otherwise are refused.
 *
 * @returns The value and the position after the pickle.
 * @throws {@link PickleError}
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  hooks: PickleHooks,
): { readonly value: unknown; readonly end: number } {
  return new Machine(bytes, start, hooks).run();
}

const mark = Symbol("mark");

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #hooks: PickleHooks;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #position: number;

  constructor(bytes: Uint8Array, start: number, hooks: PickleHooks) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#hooks = hooks;
    this.#position = start;
  }

  run(): { value: unknown; end: number } {
    for (;;) {
      const opcode = String.fromCharCode(this.#u8());
      if (opcode === ".") return { value: this.#pop(), end: this.#position };
      this.#step(opcode);
    }
  }

  #step(opcode: string): void {
    switch (opcode) {
      case "\x80": {
        const protocol = this.#u8();
        if (protocol < 2 || protocol > 5)
          throw new PickleError(`is a pickle of protocol ${protocol}, not 2 to 5`);
        return;
      }
      case "\x95": // FRAME: only a hint for buffering
        this.#take(8);
        return;
      case "(":
        this.#push(mark);
        return;
      case "0":
        this.#pop();
        return;
      case "1":
        this.#popToMark();
        return;
      case "2":
        this.#push(this.#top());
        return;
      default:
        if (this.#literal(opcode) || this.#collection(opcode) || this.#memory(opcode)) return;
        this.#object(opcode);
    }
  }

  /** Numbers, strings, bytes, None and booleans. */
  #literal(opcode: string): boolean {
    switch (opcode) {
      case "N":
        return this.#push(null);
      case "\x88":
        return this.#push(true);
      case "\x89":
        return this.#push(false);
      case "K":
        return this.#push(this.#u8());
      case "M":
        return this.#push(this.#view.getUint16(this.#take(2), true));
      case "J":
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case "\x8a":
        return this.#push(this.#long(this.#u8()));
      case "G":
        return this.#push(this.#view.getFloat64(this.#take(8), false));
      case "X":
        return this.#push(this.#text(this.#u32()));
      case "\x8c":
        return this.#push(this.#text(this.#u8()));
      case "\x8d":
        return this.#push(this.#text(this.#u64()));
      case "T":
        return this.#push(this.#latin(this.#view.getInt32(this.#take(4), true)));
      case "U":
        return this.#push(this.#latin(this.#u8()));
      case "B":
        return this.#push(this.#slice(this.#u32()));
      case "C":
        return this.#push(this.#slice(this.#u8()));
      case "\x8e":
        return this.#push(this.#slice(this.#u64()));
      default:
        return false;
    }
  }

  #collection(opcode: string): boolean {
    switch (opcode) {
      case "}":
        return this.#push(new Map());
      case "]":
      case ")":
        return this.#push([]);
      case "t":
      case "l":
        return this.#push(this.#popToMark());
      case "d": {
        const items = this.#popToMark();
        return this.#push(setItems(new Map(), items));
      }
      case "\x85":
        return this.#push([this.#pop()]);
      case "\x86": {
        const second = this.#pop();
        return this.#push([this.#pop(), second]);
      }
      case "\x87": {
        const third = this.#pop();
        const second = this.#pop();
        return this.#push([this.#pop(), second, third]);
      }
      case "a": {
        const item = this.#pop();
        appendItems(this.#top(), [item]);
        return true;
      }
      case "e": {
        const items = this.#popToMark();
        appendItems(this.#top(), items);
        return true;
      }
      case "s": {
        const value = this.#pop();
        const key = this.#pop();
        setItems(this.#top(), [key, value]);
        return true;
      }
      case "u": {
        const items = this.#popToMark();
        setItems(this.#top(), items);
        return true;
      }
      default:
        return false;
    }
  }

  #memory(opcode: string): boolean {
    switch (opcode) {
      case "q":
        this.#memo.set(this.#u8(), this.#top());
        return true;
      case "r":
        this.#memo.set(this.#u32(), this.#top());
        return true;
      case "\x94":
        this.#memo.set(this.#memo.size, this.#top());
        return true;
      case "h":
        return this.#push(this.#recall(this.#u8()));
      case "j":
        return this.#push(this.#recall(this.#u32()));
      default:
        return false;
    }
  }

  /** Names, calls and state: where a pickle could run code, and this reader asks its hooks instead. */
  #object(opcode: string): void {
    switch (opcode) {
      case "c": {
        const module = this.#line();
        this.#push(this.#hooks.global(`${module}.${this.#line()}`));
        return;
      }
      case "\x93": {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof name !== "string" || typeof module !== "string") throw damaged();
        this.#push(this.#hooks.global(`${module}.${name}`));
        return;
      }
      case "R": {
        const args = this.#pop();
        const callee = this.#pop();
        if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw damaged();
        this.#push(this.#hooks.reduce(callee, args));
        return;
      }
      case "b": {
        // The state of an OrderedDict is attributes such as the module versions of a state dict; no other object is built.
        this.#pop();
        if (!(this.#top() instanceof Map))
          throw new PickleError("sets the state of an object other than a dictionary");
        return;
      }
      case "Q":
        this.#push(this.#hooks.persistent(this.#pop()));
        return;
      default: {
        const code = opcode.charCodeAt(0).toString(16).padStart(2, "0");
        throw new PickleError(
          `has the pickle instruction 0x${code}, which is not allowed or shows damage, at byte ${this.#position - 1}`,
        );
      }
    }
  }

  #push(value: unknown): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw damaged();
    const value = this.#stack.pop();
    if (value === mark) throw damaged();
    return value;
  }

  #top(): unknown {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw damaged();
    return value;
  }

  #popToMark(): unknown[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw damaged();
    const items = this.#stack.splice(at);
    items.shift();
    return items;
  }

  #recall(key: number): unknown {
    if (!this.#memo.has(key)) throw damaged();
    return this.#memo.get(key);
  }

  /** Moves past `length` bytes and gives the position before them. */
  #take(length: number): number {
    const at = this.#position;
    if (length < 0 || at + length > this.#bytes.length)
      throw new PickleError("ends in the middle of a pickle");
    this.#position += length;
    return at;
  }

  #u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#slice(length));
  }

  #latin(length: number): string {
    return Buffer.from(this.#slice(length)).toString("latin1");
  }

  /** Little-endian two's complement; a number while that is exact, else a bigint. */
  #long(length: number): number | bigint {
    let value = 0n;
    const slice = this.#slice(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(slice[i]!);
    if (length > 0 && slice[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw new PickleError("ends in the middle of a pickle");
    const line = this.#text(end - this.#position);
    this.#position++;
    return line;
  }
}

function damaged(): PickleError {
  return new PickleError("holds a damaged pickle");
}

function setItems(target: unknown, items: readonly unknown[]): unknown {
  if (!(target instanceof Map) || items.length % 2 !== 0) throw damaged();
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  return target;
}

function appendItems(target: unknown, items: readonly unknown[]): void {
  if (!Array.isArray(target)) throw damaged();
  for (const item of items) target.push(item);
}
