import type { BatchNormResult, ConvolutionWindow, Operations, Window } from "../operations.js";

/** A value of a program: a number that stands for a tensor. */
export type Register = number;

/** One operation of a program, on whatever engine runs it. */
export interface Instruction {
  readonly inputs: readonly Register[];
  readonly outputs: readonly Register[];
  readonly compute: <T>(ops: Operations<T>, inputs: readonly T[]) => readonly T[];
}

/**
 * A computation written down once and run for every batch, so that each tensor can be freed right after its last use:
 * a library that computes at once, as tfjs does, cannot know which use is the last.
 */
export interface Program {
  readonly instructions: readonly (Instruction & { readonly lastUses: readonly Register[] })[];
  readonly size: number;
}

/** Records operations instead of computing them; {@link program} gives what the wanted registers need, in order. */
export class Recorder implements Operations<Register> {
  readonly #instructions: Instruction[] = [];
  #size = 0;

  /** A register that whoever runs the program fills. */
  input(): Register {
    return this.#size++;
  }

  /**
   * The recorded operations that `wanted` needs. Whoever runs them frees each instruction's last uses after it, and
   * frees neither inputs nor wanted registers.
   */
  program(wanted: readonly Register[]): Program {
    const needed = new Set(wanted);
    const computed = new Set(this.#instructions.flatMap(({ outputs }) => outputs));
    const free = new Set(wanted);
    const instructions: (Instruction & { lastUses: Register[] })[] = [];
    for (const instruction of this.#instructions.toReversed()) {
      if (!instruction.outputs.some((register) => needed.has(register))) continue;
      const lastUses: Register[] = [];
      // Seen from the end, the first time a register occurs is its last use; an output that nobody reads counts too.
      for (const register of [...instruction.outputs, ...instruction.inputs]) {
        needed.add(register);
        if (free.has(register)) continue;
        free.add(register);
        if (computed.has(register)) lastUses.push(register);
      }
      instructions.push({ ...instruction, lastUses });
    }
    return { instructions: instructions.reverse(), size: this.#size };
  }

  constant(values: readonly number[], shape: readonly number[]): Register {
    return this.#one([], (ops) => ops.constant(values, shape));
  }

  add(a: Register, b: Register): Register {
    return this.#one([a, b], (ops, [x, y]) => ops.add(x!, y!));
  }

  subtract(a: Register, b: Register): Register {
    return this.#one([a, b], (ops, [x, y]) => ops.subtract(x!, y!));
  }

  multiply(a: Register, b: Register): Register {
    return this.#one([a, b], (ops, [x, y]) => ops.multiply(x!, y!));
  }

  sumToChannels(x: Register): Register {
    return this.#one([x], (ops, [value]) => ops.sumToChannels(value!));
  }

  matMul(a: Register, b: Register, transposeA: boolean, transposeB: boolean): Register {
    return this.#one([a, b], (ops, [x, y]) => ops.matMul(x!, y!, transposeA, transposeB));
  }

  relu(x: Register): Register {
    return this.#one([x], (ops, [value]) => ops.relu(value!));
  }

  relu6(x: Register): Register {
    return this.#one([x], (ops, [value]) => ops.relu6(value!));
  }

  reluGradient(gradient: Register, output: Register): Register {
    return this.#one([gradient, output], (ops, [dy, y]) => ops.reluGradient(dy!, y!));
  }

  relu6Gradient(gradient: Register, output: Register): Register {
    return this.#one([gradient, output], (ops, [dy, y]) => ops.relu6Gradient(dy!, y!));
  }

  convolution(x: Register, filter: Register, window: ConvolutionWindow): Register {
    return this.#one([x, filter], (ops, [value, w]) => ops.convolution(value!, w!, window));
  }

  convolutionInputGradient(
    gradient: Register,
    x: Register,
    filter: Register,
    window: ConvolutionWindow,
  ): Register {
    return this.#one([gradient, x, filter], (ops, [dy, value, w]) =>
      ops.convolutionInputGradient(dy!, value!, w!, window),
    );
  }

  convolutionFilterGradient(
    gradient: Register,
    x: Register,
    filter: Register,
    window: ConvolutionWindow,
  ): Register {
    return this.#one([gradient, x, filter], (ops, [dy, value, w]) =>
      ops.convolutionFilterGradient(dy!, value!, w!, window),
    );
  }

  batchNormTraining(
    x: Register,
    scale: Register,
    offset: Register,
    epsilon: number,
  ): BatchNormResult<Register> {
    const [output, batchMean, batchVariance, ...saved] = this.#record(
      [x, scale, offset],
      3 + savedByBatchNorm,
      (ops, [value, gamma, beta]) => {
        const result = ops.batchNormTraining(value!, gamma!, beta!, epsilon);
        return [result.output, result.batchMean, result.batchVariance, ...result.saved];
      },
    );
    return { output: output!, batchMean: batchMean!, batchVariance: batchVariance!, saved };
  }

  batchNormGradient(
    gradient: Register,
    x: Register,
    scale: Register,
    saved: readonly Register[],
    epsilon: number,
  ): { x: Register; scale: Register; offset: Register } {
    const [dx, dScale, dOffset] = this.#record(
      [gradient, x, scale, ...saved],
      3,
      (ops, [dy, value, gamma, ...kept]) => {
        const result = ops.batchNormGradient(dy!, value!, gamma!, kept, epsilon);
        return [result.x, result.scale, result.offset];
      },
    );
    return { x: dx!, scale: dScale!, offset: dOffset! };
  }

  batchNormInference(
    x: Register,
    scale: Register,
    offset: Register,
    mean: Register,
    variance: Register,
    epsilon: number,
  ): Register {
    return this.#one([x, scale, offset, mean, variance], (ops, [value, gamma, beta, m, v]) =>
      ops.batchNormInference(value!, gamma!, beta!, m!, v!, epsilon),
    );
  }

  maxPool(x: Register, window: Window): Register {
    return this.#one([x], (ops, [value]) => ops.maxPool(value!, window));
  }

  maxPoolGradient(gradient: Register, x: Register, output: Register, window: Window): Register {
    return this.#one([gradient, x, output], (ops, [dy, value, y]) =>
      ops.maxPoolGradient(dy!, value!, y!, window),
    );
  }

  globalAveragePool(x: Register): Register {
    return this.#one([x], (ops, [value]) => ops.globalAveragePool(value!));
  }

  globalAveragePoolGradient(gradient: Register, x: Register): Register {
    return this.#one([gradient, x], (ops, [dy, value]) => ops.globalAveragePoolGradient(dy!, value!));
  }

  softmaxCrossEntropy(logits: Register, targets: Register): { loss: Register; gradient: Register } {
    const [loss, gradient] = this.#record([logits, targets], 2, (ops, [scores, truth]) => {
      const result = ops.softmaxCrossEntropy(scores!, truth!);
      return [result.loss, result.gradient];
    });
    return { loss: loss!, gradient: gradient! };
  }

  #one(inputs: readonly Register[], compute: <T>(ops: Operations<T>, inputs: readonly T[]) => T): Register {
    return this.#record(inputs, 1, (ops, values) => [compute(ops, values)])[0]!;
  }

  #record(
    inputs: readonly Register[],
    outputCount: number,
    compute: Instruction["compute"],
  ): readonly Register[] {
    const outputs = Array.from({ length: outputCount }, () => this.#size++);
    this.#instructions.push({ inputs, outputs, compute });
    return outputs;
  }
}

/** Tensors that a batch norm keeps for its gradient: mean and inverse standard deviation of the batch. */
const savedByBatchNorm = 2;

/**
 * Runs a program.
 *
 * @param registers - Values of the inputs by register; filled up on the way, freed values being taken out again.
 * @param free - Called once with each tensor after its last use.
 */
export function runProgram<T>(
  program: Program,
  ops: Operations<T>,
  registers: Map<Register, T>,
  free: (tensor: T) => void,
): void {
  for (const { inputs, outputs, lastUses, compute } of program.instructions) {
    const values = compute(
      ops,
      inputs.map((register) => registers.get(register)!),
    );
    for (const [i, register] of outputs.entries()) registers.set(register, values[i]!);
    for (const register of lastUses) {
      free(registers.get(register)!);
      registers.delete(register);
    }
  }
}
