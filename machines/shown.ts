/**
 * What inspectors see of events and contexts: a few small numbers. Viewers write out every event and every snapshot as JSON, each
 * event twice; typed arrays full of digits would cost them megabytes, and one NaN in a typed array stops Stately's serializer.
 * What the actors themselves hold and send is not changed by any of this.
 */

interface Limits {
  /** Levels of objects within objects. */
  readonly levels: number
  /** Elements of a list. */
  readonly elements: number
}

const OF_CONTEXT: Limits = { levels: 4, elements: 8 }
const OF_EVENT: Limits = { levels: 4, elements: 4 }
/** Digits of a number that is not whole. */
const DIGITS = 4

/** A value as small plain JSON: four digits, few elements, nothing that is null or a function. */
export function brief(value: unknown, limits = OF_CONTEXT): unknown {
  if (typeof value === "number") return briefNumber(value)
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return briefList(value as unknown as ArrayLike<unknown>, limits)
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON()
  return limits.levels === 0 ? "…" : briefFields(value, limits)
}

const below = ({ levels, elements }: Limits): Limits => ({ levels: levels - 1, elements })

function briefFields(value: object, limits: Limits): object {
  const out: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) {
    if (part !== null && part !== undefined) out[key] = brief(part, below(limits))
  }
  return out
}

function briefNumber(value: number): number | null {
  if (!Number.isFinite(value)) return null
  return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS))
}

function briefList(list: ArrayLike<unknown>, limits: Limits): ReadonlyArray<unknown> {
  const { elements } = limits
  // Half of them where not all find room: the rest is counted.
  const length = list.length > elements ? elements / 2 : list.length
  const out = Array.from({ length }, (_, i) => brief(list[i], below(limits)))
  if (list.length > length) out.push(`… ${list.length - length} more`)
  return out
}

/** The parts that a viewer wants of what travels with every window; anything else is shown in brief. */
const PARTS: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  window: {
    window: ["objective", "constraintMargin", "latencyP99Us", "throughputRps", "errorRate"],
  },
  judge: { window: ["objective"] },
  proposal: { proposal: ["_tag", "targets", "reason"] },
  applied: { receipt: ["generation"] },
}

interface AnyEvent {
  readonly type: string
}

/** An event with a short form. Those that travel with every window are classes of this kind: made in one piece, where `shown` copies. */
export abstract class ViewableEvent {
  abstract readonly type: string

  toJSON(): object {
    const parts = PARTS[this.type]
    if (parts === undefined) return briefFields(this, OF_EVENT)
    const out: Record<string, unknown> = { type: this.type }
    for (const [key, names] of Object.entries(parts)) {
      const whole = Reflect.get(this, key) as Record<string, unknown>
      out[key] = briefFields(Object.fromEntries(names.map((name) => [name, whole[name]])), OF_EVENT)
    }
    return out
  }
}

/** The same event, with a short form for JSON. */
export function shown<const E extends AnyEvent>(event: E): E {
  return Object.assign(Object.create(ViewableEvent.prototype) as object, event)
}
