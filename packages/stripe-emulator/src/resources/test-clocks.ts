import type Stripe from "stripe";
import { clockAdvancing, found, invalid } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { atMost, type Fields, integer, type ParamsOf, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { clockOf } from "../state/clock-of.ts";
import { newId } from "../state/ids.ts";
import type { JobRow } from "../state/job.ts";
import type { Rows } from "../state/rows.ts";
import type { Table } from "../state/table.ts";
import type { World } from "../world.ts";
import { refuseFarMove } from "./clock-limits.ts";
import { deleteCustomer } from "./customers.ts";

type TestClock = Stripe.TestHelpers.TestClock;

const KEPT_S = 30 * 86_400;
const createParams = schema(
  { frozen_time: integer, name: atMost(300) } satisfies Fields<keyof Stripe.TestHelpers.TestClockCreateParams>,
  ["frozen_time"],
);

export function getClock(world: World, id: string): TestClock {
  return found(world.store.testClocks.find(id), "test_clock", id);
}

export function createClock(world: World, { frozen_time, name }: ParamsOf<typeof createParams>): TestClock {
  const clock = world.store.testClocks.put({
    id: newId("clock"),
    object: "test_helpers.test_clock",
    created: world.now(),
    deletes_after: world.now() + KEPT_S,
    frozen_time,
    livemode: false,
    name: name ?? null,
    status: "ready",
    status_details: {},
  });
  world.emit("test_helpers.test_clock.created", clock);
  return clock;
}

/** As far as Stripe lets a clock be moved at once. */
function advanceWithinLimit(world: World, id: string, target: number): TestClock {
  const { frozen_time: now } = getClock(world, id);
  const advancing = advanceClock(world, id, target);
  refuseFarMove(world, id, now, target);
  return advancing;
}

/** `target` in seconds. Answers at once; the clock is `ready` again when everything that was due has happened. */
export function advanceClock(world: World, id: string, target: number): TestClock {
  const { status, frozen_time: before } = getClock(world, id);
  if (status !== "ready") throw clockAdvancing(id);
  if (target <= before) {
    throw invalid("The `frozen_time` must be after the test clock's current frozen time.", undefined, "frozen_time");
  }
  const status_details = { advancing: { target_frozen_time: target } };
  const advancing = world.update("testClocks", id, { status: "advancing", status_details });
  world.emit("test_helpers.test_clock.advancing", advancing);
  world.schedule("advance_clock", id, Date.now());
  return advancing;
}

/** What happens in real time for customers on clocks, too: banks do not follow them. */
const OF_BANKS: readonly JobRow["kind"][] = ["settle_payment", "finish_refund", "follow_charge"];

/**
 * Puts customers who live in real time on a clock that shows this moment, with all that is theirs: from then on their time can be
 * moved. Stripe takes a clock only for a new customer; who has bought in an app is none.
 */
export function putOnClock(world: World, customers: readonly Rows["customers"][], name: string): TestClock {
  const { store } = world;
  const { id } = createClock(world, { frozen_time: world.now(), name });
  for (const customer of customers) store.customers.put({ ...customer, test_clock: id });
  const carry = <Row extends { id: string; customer: unknown; test_clock: unknown }>(table: Table<Row>) => {
    for (const row of table.all())
      if (clockOf(store, String(row.customer)) === id) table.put({ ...row, test_clock: id });
  };
  carry(store.subscriptions);
  carry(store.subscriptionSchedules);
  carry(store.invoices);
  carry(store.invoiceItems);
  for (const job of store.jobs.all()) {
    const follows = !job.clock && !OF_BANKS.includes(job.kind) && clockOf(store, job.subject) === id;
    if (follows) store.jobs.put({ ...job, clock: id });
  }
  return store.testClocks.get(id);
}

function deleteClock(world: World, id: string): Stripe.TestHelpers.DeletedTestClock {
  const clock = getClock(world, id);
  for (const customer of world.store.customers.all()) {
    if (customer.test_clock === id) world.onClock(id, () => deleteCustomer(world, customer.id));
  }
  for (const job of world.store.jobs.all()) if (job.clock === id) world.store.jobs.delete(job.id);
  world.store.testClocks.delete(id);
  world.emit("test_helpers.test_clock.deleted", clock);
  return { id, object: "test_helpers.test_clock", deleted: true };
}

export const testClockRoutes: Route[] = [
  route("POST", "/v1/test_helpers/test_clocks", createParams, createClock),
  listRoute("/v1/test_helpers/test_clocks", "test_clock", {}, (world) => world.store.testClocks.all()),
  route("GET", "/v1/test_helpers/test_clocks/:id", schema({}), (world, _, { id }) => getClock(world, id)),
  route(
    "POST",
    "/v1/test_helpers/test_clocks/:id/advance",
    schema({ frozen_time: integer }, ["frozen_time"]),
    (world, { frozen_time: target }, { id }) => advanceWithinLimit(world, id, target),
  ),
  route("DELETE", "/v1/test_helpers/test_clocks/:id", schema({}), (world, _, { id }) => deleteClock(world, id)),
];
