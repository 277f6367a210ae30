/**
 * The dashboard for Grafana: the six things one looks at first, over the Prometheus names. It is typed by Grafana's own schema, so what
 * Grafana would not read does not compile.
 */
import {
  type AnnotationQuery,
  AxisPlacement,
  type Dashboard,
  DashboardCursorSync,
  type DataQuery,
  type FieldConfigSource,
  type GraphFieldConfig,
  LegendDisplayMode,
  LineInterpolation,
  type Panel,
  SortOrder,
  TooltipDisplayMode,
  type VariableModel,
  VariableRefresh,
} from "@grafana/schema"

/** What Grafana's source for Prometheus adds to a query. */
interface PrometheusQuery extends DataQuery {
  readonly expr: string
  readonly legendFormat?: string
}

interface PrometheusAnnotation extends AnnotationQuery<PrometheusQuery> {
  readonly titleFormat: string
}

const datasource = { type: "prometheus", uid: "${datasource}" } as const
const CHOSEN = '{job=~"$job",instance=~"$instance"}'
const WHOSE = "{{instance}} {{engine}}"

/** A metric of the engines chosen. */
const of = (name: string): string => `${name}${CHOSEN}`
const rateOf = (name: string, by = ""): string =>
  `sum by (instance, engine${by}) (rate(${of(name)}[$__rate_interval]))`

interface Line {
  readonly expr: string
  /** What the line is, before whose it is. */
  readonly legend?: string
  /** How its line differs from the others of its panel. */
  readonly look?: GraphFieldConfig
  readonly unit?: string
  readonly min?: number
  readonly max?: number
}

interface Sheet {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly lines: ReadonlyArray<Line>
}

const RIGHT: GraphFieldConfig = { axisPlacement: AxisPlacement.Right }
const DASHED: GraphFieldConfig = { lineStyle: { fill: "dash", dash: [8, 8] } }
const DOTTED: GraphFieldConfig = { lineStyle: { fill: "dot", dash: [1, 6] } }

const SHEETS: ReadonlyArray<Sheet> = [
  {
    title: "Objective",
    description: "What the engine minimises or maximises: each window, and the mean of each cycle.",
    unit: "short",
    lines: [
      { expr: of("arqon_objective"), legend: "window" },
      { expr: of("arqon_cycle_objective"), legend: "cycle", look: { lineWidth: 2 } },
    ],
  },
  {
    title: "Latency, 99th percentile",
    description: "As the digests report it. Empty where they do not.",
    unit: "s",
    lines: [{ expr: of("arqon_latency_p99_seconds") }],
  },
  {
    title: "Throughput and errors",
    description: "As the digests report them; the share of errors on the right.",
    unit: "cps",
    lines: [
      { expr: of("arqon_throughput"), legend: "throughput" },
      { expr: of("arqon_error_rate"), legend: "errors", look: RIGHT, unit: "percentunit", min: 0 },
    ],
  },
  {
    title: "Knobs",
    description: "What is live, the base (dashed) and the baseline (dotted).",
    unit: "short",
    lines: [
      {
        expr: of("arqon_knob_value"),
        legend: "{{knob}}",
        look: { lineInterpolation: LineInterpolation.StepAfter },
      },
      { expr: of("arqon_knob_base"), legend: "{{knob}} base", look: DASHED },
      { expr: of("arqon_knob_baseline"), legend: "{{knob}} baseline", look: DOTTED },
    ],
  },
  {
    title: "Constraint and SafeMode",
    description: "Below 0 the constraint is broken. Filled while SafeMode is open: nothing is tuned then.",
    unit: "short",
    lines: [
      { expr: of("arqon_constraint_margin"), legend: "margin" },
      {
        expr: of("arqon_safe_mode_open"),
        legend: "SafeMode",
        look: { ...RIGHT, lineInterpolation: LineInterpolation.StepAfter, fillOpacity: 25 },
        min: 0,
        max: 1,
      },
    ],
  },
  {
    title: "Decisions per second",
    description: "What was applied, refused and rolled back, and how often SafeMode opened.",
    unit: "cps",
    lines: [
      { expr: rateOf("arqon_apply_count_total"), legend: "applied" },
      { expr: rateOf("arqon_refused_count_total", ", violation"), legend: "refused: {{violation}}" },
      { expr: rateOf("arqon_rollback_count_total"), legend: "rolled back" },
      { expr: rateOf("arqon_trip_count_total", ", reason"), legend: "trip: {{reason}}" },
    ],
  },
]

const refIdOf = (place: number): string => String.fromCharCode("A".charCodeAt(0) + place)

const PANEL_WIDTH = 12
const PANEL_HEIGHT = 9

function panelOf({ title, description, unit, lines }: Sheet, place: number): Panel {
  const targets: Array<PrometheusQuery> = lines.map(({ expr, legend }, i) => ({
    refId: refIdOf(i),
    datasource,
    expr,
    legendFormat: legend === undefined ? WHOSE : `${legend} ${WHOSE}`,
  }))
  const options = {
    legend: { calcs: [], displayMode: LegendDisplayMode.List, placement: "bottom", showLegend: true },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.None },
  }
  return {
    id: place + 1,
    title,
    description,
    type: "timeseries",
    datasource,
    gridPos: {
      x: (place % 2) * PANEL_WIDTH,
      y: Math.floor(place / 2) * PANEL_HEIGHT,
      w: PANEL_WIDTH,
      h: PANEL_HEIGHT,
    },
    // A gap is a gap: an engine that was gone measured nothing.
    fieldConfig: { defaults: { unit, custom: { spanNulls: false } }, overrides: lines.flatMap(overridesOf) },
    options,
    targets: targets.map((target) => ({ ...target })),
  }
}

function overridesOf({ look, unit, min, max }: Line, place: number): FieldConfigSource["overrides"] {
  const properties = [
    ...Object.entries(look ?? {}).map(([id, value]) => ({ id: `custom.${id}`, value })),
    ...Object.entries({ unit, min, max }).flatMap(([id, value]) =>
      value === undefined ? [] : [{ id, value }],
    ),
  ]
  return properties.length === 0
    ? []
    : [{ matcher: { id: "byFrameRefID", options: refIdOf(place) }, properties }]
}

const variable = (name: string, query: string): VariableModel => ({
  name,
  type: "query",
  datasource,
  query: { query, refId: name },
  refresh: VariableRefresh.onTimeRangeChanged,
  multi: true,
  includeAll: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" },
})

const trips: PrometheusAnnotation = {
  name: "trips",
  datasource,
  enable: true,
  iconColor: "red",
  target: { refId: "trips", expr: `increase(${of("arqon_trip_count_total")}[$__rate_interval]) > 0` },
  titleFormat: `SafeMode: {{reason}} ${WHOSE}`,
}

/** The whole of it, as `docs/grafana/arqon.json` holds it. */
export const dashboard: Dashboard = {
  title: "Arqon",
  uid: "arqon",
  description: "Engines as their own metrics show them.",
  tags: ["arqon"],
  schemaVersion: 39,
  refresh: "10s",
  graphTooltip: DashboardCursorSync.Crosshair,
  time: { from: "now-1h", to: "now" },
  annotations: { list: [trips] },
  templating: {
    list: [
      { name: "datasource", type: "datasource", query: "prometheus" },
      variable("job", "label_values(arqon_generation, job)"),
      variable("instance", 'label_values(arqon_generation{job=~"$job"}, instance)'),
    ],
  },
  panels: SHEETS.map(panelOf),
}
