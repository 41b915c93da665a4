/** A metric, period by period. */
export type Series = (number | undefined)[];
type Value = number | Series | Series[];

const TOKEN = /\s*([A-Za-z_]\w*|\d+(?:\.\d+)?|"[^"]*"|>=|<=|==|[-+*/<>()[\],])/g;

const OPERATORS: Record<string, (left: number, right: number) => number> = {
  ">=": (left, right) => Number(left >= right),
  "<=": (left, right) => Number(left <= right),
  "==": (left, right) => Number(left === right),
  "<": (left, right) => Number(left < right),
  ">": (left, right) => Number(left > right),
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
};
/** The later binds the closer. */
const PRECEDENCE = [
  [">=", "<=", "==", "<", ">"],
  ["+", "-"],
  ["*", "/"],
];

/**
 * What CloudWatch makes of an expression. As much of its language as the alarms use.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function expressionOf(expression: string, metrics: Map<string, Series>): Series {
  return new Expression(expression, metrics).value() as Series;
}

class Expression {
  readonly #text: string;
  readonly #metrics: Map<string, Series>;
  readonly #tokens: string[];

  constructor(text: string, metrics: Map<string, Series>) {
    this.#text = text;
    this.#metrics = metrics;
    this.#tokens = [...text.matchAll(TOKEN)].map(([, token = ""]) => token);
    if (this.#tokens.join("") !== text.replace(/\s/g, "")) throw this.#error("not all of it can be read");
  }

  value(): Value {
    const value = this.#operation(0);
    if (this.#tokens.length > 0) throw this.#error(`${this.#tokens.join(" ")} is left over`);
    return value;
  }

  #operation(level: number): Value {
    const operators = PRECEDENCE[level];
    if (!operators) return this.#operand();
    let left = this.#operation(level + 1);
    while (operators.includes(this.#tokens[0] ?? "")) {
      const reckon = OPERATORS[this.#take()] as (left: number, right: number) => number;
      left = eachPeriod([left, this.#operation(level + 1)], ([a = 0, b = 0]) => reckon(a, b));
    }
    return left;
  }

  #operand(): Value {
    const token = this.#take();
    if (token === "(") return this.#closed(this.#operation(0), ")");
    if (token === "[") return this.#closed(this.#list("]") as Series[], "]");
    if (/^\d/.test(token)) return Number(token);
    if (this.#tokens[0] !== "(") return this.#metric(token);
    this.#take("(");
    if (token === "METRICS") return this.#closed(this.#metricsLike(this.#take().slice(1, -1)), ")");
    const reckon = FUNCTIONS[token];
    if (!reckon) throw this.#error(`no alarm has used ${token} before`);
    return this.#closed(reckon(this.#list(")")), ")");
  }

  #list(end: string): Value[] {
    const values: Value[] = [];
    while (this.#tokens[0] !== end) {
      values.push(this.#operation(0));
      if (this.#tokens[0] === ",") this.#take();
    }
    return values;
  }

  #metric(id: string): Series {
    const series = this.#metrics.get(id);
    if (!series) throw this.#error(`there is no ${id}`);
    return series;
  }

  #metricsLike(part: string): Series[] {
    return [...this.#metrics].flatMap(([id, series]) => (id.includes(part) ? [series] : []));
  }

  #closed<Read extends Value>(value: Read, end: string): Read {
    this.#take(end);
    return value;
  }

  #take(wanted?: string): string {
    const token = this.#tokens.shift();
    if (token === undefined || (wanted && token !== wanted)) throw this.#error(`no ${wanted ?? "more"}`);
    return token;
  }

  #error(says: string): Error {
    return new Error(`${this.#text}: ${says}`);
  }
}

const FUNCTIONS: Record<string, (values: Value[]) => Value> = {
  FILL: ([series, value]) => (series as Series).map((now) => now ?? (value as number)),
  DIFF: ([series = []]) =>
    eachPeriod([series, [undefined, ...(series as Series)]], ([now = 0, before = 0]) => now - before),
  IF: (values) => eachPeriod(values, ([is, yes = 0, no = 0]) => (is ? yes : no)),
  MAX: ([all]) => across(all as Series[], (now) => Math.max(...now)),
  SUM: ([all]) => across(all as Series[], (now) => now.reduce((sum, value) => sum + value, 0)),
};

/** Where one side has no data in a period, what comes of both has none. */
function eachPeriod(values: Value[], reckon: (now: number[]) => number): Series {
  const [length = 0] = values.flatMap((value) => (typeof value === "number" ? [] : [value.length]));
  return Array.from({ length }, (_, at) => {
    const now = values.map((value) => (typeof value === "number" ? value : (value as Series)[at]));
    return now.includes(undefined) ? undefined : reckon(now as number[]);
  });
}

function across(all: Series[], reckon: (now: number[]) => number): Series {
  return Array.from({ length: all[0]?.length ?? 0 }, (_, at) => {
    const now = all.flatMap((series) => series[at] ?? []);
    return now.length === 0 ? undefined : reckon(now);
  });
}
