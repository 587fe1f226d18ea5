import type { TrainingOptions } from "../engine.js";
import type { ParameterLayout } from "../layouts.js";
import type { Variables } from "../operations.js";
import {
  boolean,
  DataType,
  shape,
  tensorName,
  text,
  type,
  type GraphBuilder,
  type GraphTensor,
} from "./graph.js";
import type { ParameterAccess } from "./training-graph.js";

const dtype = { dtype: type(DataType.float32) };

interface Variable {
  readonly layout: ParameterLayout;
  readonly handle: GraphTensor;
  readonly value: GraphTensor;
}

/** The resource variables of a graph: they live in its session between calls. */
export class GraphVariables implements Variables<GraphTensor> {
  /** The nodes that change a variable in a step. */
  readonly updates: GraphTensor[] = [];
  readonly #graph: GraphBuilder;
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #velocities = new Map<string, GraphTensor>();
  readonly #options: Pick<TrainingOptions, "momentum" | "nesterov">;

  constructor(
    graph: GraphBuilder,
    layouts: readonly ParameterLayout[],
    options: Pick<TrainingOptions, "momentum" | "nesterov">,
  ) {
    this.#graph = graph;
    this.#options = options;
    this.#variables = new Map(
      layouts.map((layout) => {
        const handle = this.#handle(`variable/${layout.name}`, layout);
        const value = graph.add("ReadVariableOp", [handle], dtype, { name: `read/${layout.name}` });
        return [layout.name, { layout, handle, value }];
      }),
    );
  }

  read(name: string): GraphTensor {
    return this.#variables.get(name)!.value;
  }

  assign(name: string, value: GraphTensor): void {
    // After the read: a node that reads a variable may otherwise run when it has already been replaced.
    const { handle, value: before } = this.#variables.get(name)!;
    this.updates.push(this.#graph.add("AssignVariableOp", [handle, value], dtype, { after: [before] }));
  }

  applyMomentum(name: string, gradient: GraphTensor, learningRate: GraphTensor): void {
    const { handle, layout, value: before } = this.#variables.get(name)!;
    const velocity = this.#handle(`velocity/${name}`, layout);
    this.#velocities.set(name, velocity);
    const momentum = this.#graph.constant(Float32Array.of(this.#options.momentum), [], "momentum");
    this.updates.push(
      this.#graph.add(
        "ResourceApplyMomentum",
        [handle, velocity, learningRate, gradient, momentum],
        { T: type(DataType.float32), use_nesterov: boolean(this.#options.nesterov) },
        { after: [before] },
      ),
    );
  }

  /** How the outside reads and replaces the variables; call it when the step is written. */
  access(): { parameters: ParameterAccess[]; assignAll: GraphTensor } {
    const assignments: GraphTensor[] = [];
    const parameters = [...this.#variables.values()].map(({ layout, handle, value }) => {
      const fed = this.#graph.placeholder(`value/${layout.name}`, DataType.float32, layout.engineShape);
      // A copy: the variable would otherwise keep the caller's memory, and free it on a thread that must not.
      const copy = this.#graph.add("DeepCopy", [fed], { T: type(DataType.float32) });
      assignments.push(this.#graph.add("AssignVariableOp", [handle, copy], dtype));
      const velocity = this.#velocities.get(layout.name);
      if (velocity !== undefined) assignments.push(this.#assignZeros(velocity, layout));
      return { layout, read: tensorName(value), value: tensorName(fed) };
    });
    const done = this.#graph.constant(Float32Array.of(1), [], "done");
    const assignAll = this.#graph.add(
      "Identity",
      [done],
      { T: type(DataType.float32) },
      {
        name: "assign_all",
        after: assignments,
      },
    );
    return { parameters, assignAll };
  }

  #handle(name: string, layout: ParameterLayout): GraphTensor {
    const attributes = { ...dtype, shape: shape(layout.engineShape), shared_name: text(name) };
    return this.#graph.add("VarHandleOp", [], attributes, { name });
  }

  #assignZeros(handle: GraphTensor, layout: ParameterLayout): GraphTensor {
    const sizes = this.#graph.constant(
      Int32Array.from(layout.engineShape),
      [layout.engineShape.length],
      "sizes",
    );
    const zero = this.#graph.constant(new Float32Array(1), [], "zero");
    const zeros = this.#graph.add("Fill", [sizes, zero], {
      T: type(DataType.float32),
      index_type: type(DataType.int32),
    });
    return this.#graph.add("AssignVariableOp", [handle, zeros], dtype);
  }
}
