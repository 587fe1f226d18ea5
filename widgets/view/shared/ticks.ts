/** Round values that enclose the range, four to six of them. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Round whole numbers within the range, at most so many. */
export function wholeTicksOf(low: number, high: number, most: number): number[] {
  let step = 1;
  for (let i = 0; (high - low) / step > most; i++) step = [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3);
  const ticks: number[] = [];
  for (let x = Math.ceil(low / step) * step; x <= high; x += step) ticks.push(x);
  return ticks;
}

/** A tick with as many decimals as its neighbours need. */
export function formatTick(value: number, step: number): string {
  for (let digits = 0; digits < 8; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return value.toFixed(digits);
  }
  return String(value);
}
