import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { elements } from '../../formats/shape.js';

/** A constant of a graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  /** The one output; the node has the same name. */
  readonly output: string;
  /** Whole numbers, or lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** An input or output of a graph. A size that is a name may be any. */
export interface OnnxValue {
  readonly name: string;
  readonly type: 'float' | 'double';
  readonly shape: readonly (number | string)[];
  readonly description: string;
}

/** What of a model in ONNX (operator set {@link operatorSet}) is needed here. */
export interface OnnxModel {
  readonly name: string;
  readonly description: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Of 2024, with ONNX 1.16 and 1.17: the newest that all runtimes in use know. */
const operatorSet = 21;
const irVersion = 10;

/** Numbers of element types in TensorProto.DataType. */
export const elementTypes = { float: 1, int64: 7, double: 11 } as const;
/** Numbers in AttributeProto.AttributeType. */
const attributeTypes = { int: 2, ints: 7 } as const;
/** Wire types of protocol buffers: numbers of variable length, and what has a length. */
const [varint, delimited] = [0, 2];

/** Writes the fields of one message. Numbers of fields are those of onnx.proto. */
type Message = (writer: Fields) => void;

class Fields {
  readonly #writer = new BinaryWriter();

  int(field: number, value: number): this {
    this.#writer.tag(field, varint).int64(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#writer.tag(field, delimited).string(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#writer.tag(field, delimited).bytes(value);
    return this;
  }

  message(field: number, write: Message): this {
    return this.bytes(field, encode(write));
  }

  each<T>(field: number, items: readonly T[], write: (item: T) => Message): this {
    for (const item of items) this.message(field, write(item));
    return this;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

function encode(write: Message): Uint8Array {
  const fields = new Fields();
  write(fields);
  return fields.finish();
}

/** A model as the bytes of an .onnx file. They depend on the model alone. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const metadata = Object.entries(model.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return encode((fields) =>
    fields
      .int(1, irVersion)
      .text(2, 'spikeline')
      .text(6, model.description)
      .message(7, graph(model))
      .message(8, (operators) => operators.text(1, '').int(2, operatorSet))
      .each(
        14,
        metadata,
        ([key, value]) =>
          (entry) =>
            entry.text(1, key).text(2, value),
      ),
  );
}

function graph({ name, nodes, constants, inputs, outputs }: OnnxModel): Message {
  return (fields) =>
    fields
      .each(1, nodes, node)
      .text(2, name)
      .each(5, constants, tensor)
      .each(11, inputs, value)
      .each(12, outputs, value);
}

function node({ operator, inputs, output, attributes = {} }: OnnxNode): Message {
  return (fields) => {
    for (const input of inputs) fields.text(1, input);
    fields
      .text(2, output)
      .text(3, output)
      .text(4, operator)
      .each(5, Object.entries(attributes), ([name, given]) => (attribute) => {
        attribute.text(1, name);
        if (typeof given === 'number') attribute.int(3, given).int(20, attributeTypes.int);
        else {
          for (const item of given) attribute.int(8, item);
          attribute.int(20, attributeTypes.ints);
        }
      });
  };
}

function tensor({ name, shape, data }: OnnxTensor): Message {
  if (elements(shape) !== data.length) throw new TypeError(`${name}: ${data.length} values for [${shape.join(', ')}]`);
  const type = data instanceof Float32Array ? 'float' : data instanceof Float64Array ? 'double' : 'int64';
  return (fields) => {
    for (const size of shape) fields.int(1, size);
    fields
      .int(2, elementTypes[type])
      .text(8, name)
      .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };
}

function value({ name, type, shape, description }: OnnxValue): Message {
  const sizes: Message = (fields) =>
    fields.each(1, shape, (size) => (dimension) => {
      if (typeof size === 'number') dimension.int(1, size);
      else dimension.text(2, size);
    });
  return (fields) =>
    fields
      .text(1, name)
      .message(2, (types) => types.message(1, (array) => array.int(1, elementTypes[type]).message(2, sizes)))
      .text(3, description);
}
