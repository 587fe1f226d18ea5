/** Points that a chart gets of a whole training; more would be closer than pixels. */
const most = 256;

/**
 * The loss of each batch, however many there are, as a line of at most some hundred points: when it is full, neighbours
 * become their mean.
 */
export class RunningLoss {
  #x: number[] = [];
  #y: number[] = [];
  /** Batches that a point stands for. */
  #width = 1;
  #sum = 0;
  #count = 0;

  /** @param x - Where the batch belongs, in epochs. */
  add(x: number, loss: number): void {
    this.#sum += loss;
    this.#count += 1;
    if (this.#count < this.#width) return;
    this.#x.push(Number(x.toFixed(4)));
    this.#y.push(Number((this.#sum / this.#count).toPrecision(4)));
    this.#sum = 0;
    this.#count = 0;
    if (this.#x.length < most) return;
    this.#x = this.#x.filter((_, i) => i % 2 === 1);
    this.#y = pairs(this.#y);
    this.#width *= 2;
  }

  /** Where the line ends, in epochs. */
  get end(): number {
    return this.#x.at(-1) ?? 0;
  }

  line(): { readonly x: readonly number[]; readonly y: readonly number[] } {
    return { x: [...this.#x], y: [...this.#y] };
  }
}

function pairs(values: readonly number[]): number[] {
  return Array.from({ length: values.length >> 1 }, (_, i) => (values[2 * i]! + values[2 * i + 1]!) / 2);
}
