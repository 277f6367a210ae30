/** Any message that may be written, drawn from the plan of its fields. */
import fc from "fast-check"
import type { Messages } from "../../../src/morph/contracts/messages.ts"
import { PLANS, type FieldPlan, type MessagePlan } from "../../../src/morph/contracts/wire/plan.ts"

/** Of at most 36 bytes: an issuer gets one more. */
const name = fc.oneof(fc.string({ maxLength: 9, unit: "binary" }), fc.constantFrom("__proto__", "a", "é"))

function single(field: FieldPlan): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "count":
      return fc.nat({ max: 2 ** 32 - 1 })
    case "id":
      return fc.maxSafeNat()
    case "double":
      return field.finite ? fc.double({ noDefaultInfinity: true, noNaN: true }) : fc.double()
    case "flag":
      return fc.boolean()
    case "text":
      return name
    case "bytes":
      return field.most === 32 ? fc.uint8Array({ minLength: 32, maxLength: 32 }) : fc.uint8Array()
    case "enum":
      return fc.constantFrom(...field.names)
    default:
      return anyOf(field.child as MessagePlan)
  }
}

const fieldOf = (field: FieldPlan): fc.Arbitrary<unknown> =>
  field.shape === "list"
    ? fc.array(single(field), { maxLength: field.name === "grafts" ? 1 : 3 })
    : field.shape === "map"
      ? fc
          .array(fc.tuple(name, single(field)), { maxLength: 3 })
          .map((entries) => Object.fromEntries(entries))
      : single(field)

type Draft = Record<string, unknown>

/** What no plan says: see the checks of several fields at once. */
function valid(plan: MessagePlan, drawn: Draft): Draft {
  if ("least" in drawn && "most" in drawn) {
    const [least, most] = [drawn["least"] as number, drawn["most"] as number].sort((a, b) => a - b)
    return { ...drawn, least, most }
  }
  if (plan.typeName.endsWith("BlueprintDescriptor")) return { ...drawn, risk: 0.25 }
  if (plan.typeName.endsWith("StatePacket"))
    return { ...drawn, part: 2, parts: 5, id: (drawn["id"] as number) + 3 }
  return drawn
}

const BODIES = ["graft", "optimiser", "breaker", "rollback"]

function anyOf(plan: MessagePlan): fc.Arbitrary<Draft> {
  const fields = plan.fields.filter((field) => field.name !== "version")
  const optional = (field: FieldPlan): boolean => field.kind === "message" && field.shape === "one"
  return fc
    .record(Object.fromEntries(fields.map((field) => [field.name, fieldOf(field)])), {
      requiredKeys: fields.filter((field) => !optional(field)).map((field) => field.name),
    })
    .map((drawn: Draft) => {
      const draft = { ...drawn }
      if (!plan.headed) return valid(plan, draft)
      return valid(plan, {
        ...draft,
        id: Math.max(1, (draft["id"] as number) - 10),
        issuer: `i${String(draft["issuer"])}`,
      })
    })
}

const command = fc
  .tuple(anyOf(PLANS.command), ...PLANS.command.fields.filter(({ oneof }) => oneof !== "").map(single))
  .map(([drawn, ...bodies]) => {
    const { graft: _g, optimiser: _o, breaker: _b, rollback: _r, ...rest } = drawn
    const at = BODIES.indexOf(rest["type"] as string)
    return at === -1 ? rest : { ...rest, [BODIES[at]]: bodies[at] }
  })

/** Of that name. Names are short, so that none is above its bytes. */
export const anyMessage = <N extends keyof Messages>(kind: N): fc.Arbitrary<Messages[N]> =>
  (kind === "command" ? command : anyOf(PLANS[kind])) as unknown as fc.Arbitrary<Messages[N]>

export const KINDS = Object.keys(PLANS) as ReadonlyArray<keyof Messages>
