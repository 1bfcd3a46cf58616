// The query language, typed by the catalogue: a name that the dataset lacks is a type error.
import type { Datasets } from "./generated/catalog.js";
import type { components } from "./generated/openapi.js";
import type { Explanation, Page, QueryMeta } from "./generated/reports.js";

type Wire = components["schemas"]["Query"];

export type DatasetName = keyof Datasets;
export type Measure<D extends DatasetName> = keyof Datasets[D]["measures"] & string;
export type Dimension<D extends DatasetName> = keyof Datasets[D]["dimensions"] & string;
export type Granularity = NonNullable<Wire["time"]["granularity"]>;
export type CompareTo = NonNullable<Wire["compareTo"]>;
export type Operator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "prefix";
export type Value = string | number;

/** A comparison of one field, or a combination of conditions. */
export type Condition<Name extends string> =
  | { field: Name; op: Operator; value: Value }
  | { field: Name; op: "in" | "notIn"; value: readonly Value[] }
  | { field: Name; op: "isNull"; value: boolean }
  | { and: readonly Condition<Name>[] }
  | { or: readonly Condition<Name>[] }
  | { not: Condition<Name> };

/** Two times (RFC 3339), or a window until now or of whole days or months. */
export type Range =
  | { from: string; to: string; window?: never; last?: never }
  | { window: NonNullable<Wire["time"]["window"]>; from?: never; to?: never; last?: never }
  | { last: string; from?: never; to?: never; window?: never };

/** A query: measures by dimensions and time. */
export interface Query<
  D extends DatasetName,
  M extends Measure<D>,
  X extends Dimension<D>,
  G extends Granularity,
  C extends CompareTo,
> {
  readonly dataset: D;
  readonly measures: readonly M[];
  readonly dimensions?: readonly X[];
  /** `granularity`: the length of the rows' time buckets, in `timezone` (UTC by default). */
  readonly time: Range & { granularity?: G; timezone?: string };
  readonly filter?: Condition<Dimension<D>>;
  readonly having?: Condition<Measure<D>>;
  readonly orderBy?: readonly { field: "time" | NoInfer<M> | NoInfer<X>; direction?: "asc" | "desc" }[];
  /** Rows per page. */
  readonly limit?: number;
  readonly compareTo?: C;
  readonly totals?: boolean;
  readonly fill?: boolean;
  readonly explain?: boolean;
}

/** A row of a query: exactly what it asks for. Money is text, because it is exact. */
export type Row<
  D extends DatasetName,
  M extends Measure<D>,
  X extends Dimension<D>,
  G extends Granularity,
  C extends CompareTo,
> = Figures<D, M> &
  Pick<Datasets[D]["dimensions"], X & keyof Datasets[D]["dimensions"]> &
  ([G] extends ["none"] ? unknown : { time: string }) &
  Compared<D, M, C>;

type Figures<D extends DatasetName, M extends Measure<D>> = Pick<
  Datasets[D]["measures"],
  M & keyof Datasets[D]["measures"]
>;
type Compared<D extends DatasetName, M extends Measure<D>, C extends CompareTo> = [C] extends [never]
  ? unknown
  : { previous: Figures<D, M> };

/** One page of a query. */
export interface QueryAnswer<R, T> {
  readonly data: readonly R[];
  /** With `totals`: the measures over all rows. */
  readonly totals: T | null;
  readonly page: Page;
  readonly meta: QueryMeta;
  readonly explain: Explanation | null;
}

/** A query to keep in a variable, with the types of its rows. */
export function query<
  D extends DatasetName,
  M extends Measure<D>,
  X extends Dimension<D> = never,
  G extends Granularity = "none",
  C extends CompareTo = never,
>(made: Query<D, M, X, G, C>): Query<D, M, X, G, C> {
  return made;
}
