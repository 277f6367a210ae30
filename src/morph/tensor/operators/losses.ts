/** Means over a batch, as a tensor of shape []. A label that is no class of the row gives NaN, and reads nothing beside the row. */
import { type Rule, sameShape, sizeOf } from "../ir.ts"
import { misfit, oneNumber } from "./rules.ts"

export const losses: Readonly<Record<string, Rule>> = {
  /** Of softmax(logits [..., classes]) against whole labels [...]. */
  crossEntropy: {
    arity: [2, 2],
    shape: (inputs, _, where) => {
      const [x, labels] = inputs
      if (x.length < 1 || !sameShape(x.slice(0, -1), labels))
        throw misfit(where, inputs, "Give logits [..., classes] and labels [...]")
      return []
    },
    // The softmax of each row.
    saved: (node) => sizeOf(node.inputs[0].shape),
  },
  /** Mean of the squared differences. */
  mse: {
    arity: [2, 2],
    shape: oneNumber,
  },
  /** Mean of the cross-entropy of sigmoid(logits) against targets from 0 to 1, of one shape. */
  binary: {
    arity: [2, 2],
    shape: oneNumber,
  },
}
