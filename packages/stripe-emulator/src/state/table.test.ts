import { expect, test } from "vitest";
import { type Stretch, Table } from "./table.ts";

interface Row {
  id: string;
  created: number;
  customer: string | null;
}

const table = () => new Table<Row>(() => {});
const ids = (of: Table<Row>, stretch: Stretch = {}) => [...of.walk(stretch)].map(({ id }) => id).join(" ");

function filled(): Table<Row> {
  const made = table();
  const rows = { a: 10, b: 30, c: 20, d: 30, e: 40 };
  for (const [id, created] of Object.entries(rows)) made.put({ id, created, customer: id < "c" ? "one" : "two" });
  return made;
}

test("rows are walked over by creation, those of one second as they came, whatever came first", () => {
  const made = filled();
  expect(ids(made)).toBe("e d b c a");
  expect(ids(made, { ascending: true })).toBe("a c b d e");
  expect(ids(made, { from: 20, to: 30 })).toBe("d b c");
  expect(ids(made, { from: 31, to: 39 })).toBe("");
  expect(ids(made, { behind: "d" })).toBe("b c a");
  expect(ids(made, { behind: "b", ascending: true })).toBe("d e");
  expect(ids(made, { behind: "d", to: 20 })).toBe("c a");
  expect(ids(made, { behind: "a", from: 20, ascending: true })).toBe("c b d e");
});

test("the order follows rows that come, change and go", () => {
  const made = filled();
  expect(ids(made)).toBe("e d b c a");
  made.put({ id: "f", created: 40, customer: null });
  made.put({ id: "b", created: 30, customer: null });
  expect(ids(made)).toBe("f e d b c a");
  made.put({ id: "g", created: 15, customer: null });
  made.put({ id: "b", created: 5, customer: null });
  expect(ids(made)).toBe("f e d c g a b");
  made.delete("e");
  expect(ids(made)).toBe("f d c g a b");
});

test("rows are found by a text in a field, also when it changes", () => {
  const made = filled();
  const of = (customer: string) => made.where("customer", customer).map(({ id }) => id);
  expect([of("one"), of("two"), of("three")]).toEqual([["a", "b"], ["c", "d", "e"], []]);
  made.put({ id: "a", created: 10, customer: "two" });
  made.put({ id: "c", created: 21, customer: "two" });
  made.delete("d");
  made.put({ id: "f", created: 1, customer: "one" });
  expect([of("one"), of("two")]).toEqual([
    ["b", "f"],
    ["c", "e", "a"],
  ]);
});

test("a page looks at few of ten thousand rows", () => {
  const made = table();
  let looks = 0;
  for (let index = 0; index < 10_000; index++) {
    made.put({
      id: `row_${index}`,
      customer: null,
      get created() {
        looks++;
        return index;
      },
    });
  }
  ids(made, { from: 9999 });
  looks = 0;
  expect(ids(made, { from: 5000, to: 5002 })).toBe("row_5002 row_5001 row_5000");
  expect(ids(made, { from: 4998, behind: "row_5000" })).toBe("row_4999 row_4998");
  expect(looks).toBeLessThan(200);
});
