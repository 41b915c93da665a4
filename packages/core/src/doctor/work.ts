import { getCompleteness } from "../sync/index.ts";
import { type Check, count, type Found, span } from "./finding.ts";
import { KEYS } from "./stripe.ts";

export const reconciliation: Check = {
  name: "reconciliation",
  async look({ state }) {
    const { reconciled_until: until } = await state();
    if (until && Date.now() - Date.parse(until) < 3_600_000) {
      return { ok: `ended well ${span(Date.now() - Date.parse(until))} ago` };
    }
    return {
      state: until ? "wrong" : "warning",
      says: until
        ? `The last one that ended well was ${span(Date.now() - Date.parse(until))} ago`
        : "It has never run to its end",
      why: "It finds what the webhook missed. Every fifteen minutes it should.",
      mend: "see ReconcileStopped in docs/runbook.md",
    };
  },
};

export const queue: Check = {
  name: "queue",
  async look({ queues }) {
    if (!queues || "failure" in queues) return unasked(queues);
    const { visible, inFlight } = queues.events;
    if (visible < 1_000) return { ok: `${visible} waiting, ${inFlight} with the consumer` };
    return {
      state: "warning",
      says: `${visible} events wait`,
      why: "Whoever paid just now sees it late.",
      mend: "see EventsLate in docs/runbook.md",
    };
  },
};

export const deadLetters: Check = {
  name: "dead letters",
  async look({ queues, command }) {
    if (!queues || "failure" in queues) return unasked(queues);
    const waiting = queues.deadLetters.visible + queues.deadLetters.inFlight;
    if (waiting === 0) return { ok: "none" };
    return {
      says: `${count(waiting, "message")} failed five times`,
      why: "What they are about is not in the mirror. After 14 days they are gone.",
      mend: `${command("dlq ls")}, mend the cause, then ${command("dlq redrive --all")}`,
    };
  },
};

function unasked(queues: { failure: string } | undefined): Found {
  if (queues) {
    return {
      state: "unknown",
      says: "AWS did not let us look at the queues",
      details: [queues.failure],
      why: "What waits there was not looked at.",
      mend: "sign in to the account and region that the stage is deployed in: aws sts get-caller-identity says which it is",
    };
  }
  return {
    state: "unknown",
    says: "The queues are those of a deployed stage",
    why: "What waits there was not looked at.",
    mend: "name the stage: --stage NAME",
  };
}

export const notices: Check = {
  name: "notices",
  async look({ state }) {
    const { due_since: due, given_up: givenUp } = (await state()).notices;
    if (givenUp > 0) {
      return {
        says: `${count(givenUp, "notice")} failed for a day and ${givenUp === 1 ? "was" : "were"} given up`,
        why: "What had to be done was not: somebody who left may still pay, or nobody was told of a dispute.",
        mend: "see NoticesGivenUp in docs/runbook.md",
      };
    }
    if (due && Date.now() - Date.parse(due) > 15 * 60_000) {
      return {
        says: `One has been due for ${span(Date.now() - Date.parse(due))}`,
        why: "The relay does not run: nothing is told, nobody who left stops paying.",
        mend: "see RelayStopped in docs/runbook.md",
      };
    }
    return { ok: "all that is due was handled" };
  },
};

export const seats: Check = {
  name: "seats",
  async look({ state }) {
    const { waiting, due_since: due, refused, reasons } = (await state()).seats;
    if (due && Date.now() - Date.parse(due) > 15 * 60_000) {
      return {
        says: `A number of seats has waited for ${span(Date.now() - Date.parse(due))}`,
        why: "The relay does not run, or Stripe does not answer: more are used than are paid for, or fewer.",
        mend: "see RelayStopped in docs/runbook.md",
      };
    }
    if (refused > 0) {
      return {
        state: "warning",
        says: `${count(refused, "number")} of seats could not be followed`,
        details: reasons.map(({ payer, wanted, problem }) => `${payer} uses ${wanted}: ${problem}`),
        why: "More are used than are paid for, or fewer.",
        mend: "docs/quantities.md#seats says what each means, and when it is tried again",
      };
    }
    return {
      ok:
        waiting > 0
          ? `${count(waiting, "number")} of seats will be followed`
          : "every quantity is as many as are in use",
    };
  },
};

export const owners: Check = {
  name: "owners",
  async look({ state, command }) {
    const { unowned } = await state();
    if (unowned === 0) return { ok: "every purchase of more than five minutes ago belongs to somebody" };
    return {
      says: `${count(unowned, "purchase")} ${unowned === 1 ? "belongs" : "belong"} to nobody`,
      why: "Somebody has paid and has no access.",
      mend: command("claims ls"),
    };
  },
};

export const catalogue: Check = {
  name: "catalogue",
  async look({ state, command }) {
    const { for_sale: prices } = await state();
    if (prices > 0) return { ok: `${count(prices, "price")} for sale` };
    return {
      state: "warning",
      says: "No price is for sale",
      why: "The pricing page is empty.",
      mend: `write billing.config.ts, then ${command("setup")}; or make products and prices at Stripe`,
    };
  },
};

/** Of a large account a sweep takes days. */
const STOPPED_AFTER_MS = 14 * 86_400_000;

export const completeness: Check = {
  name: "completeness",
  async look({ supabase, command }) {
    const { complete, objects } = await getCompleteness(supabase);
    const forbidden = objects.filter(({ lastError }) => lastError === "forbidden").map(({ object }) => object);
    if (forbidden.length > 0) {
      return {
        says: `The key may not read ${count(forbidden.length, "kind")} of what is mirrored`,
        details: forbidden.map((object) => `${object}: Stripe refuses to list it`),
        why: "Of these the mirror shows only what events say: what is older, or was missed, is not in it.",
        mend: `let the key read them at ${KEYS}; the next sweep does, within the hour`,
      };
    }
    const unread = objects.filter((kind) => kind.unread);
    if (unread.length > 0) {
      return {
        says: `${count(unread.length, "kind")} of what is mirrored could not be read whole`,
        details: unread.map(({ object, lastError }) => `${object}: ${lastError}`),
        why: "Of these what no event tells of stays unfound.",
        mend: "look at the log of ReadAccount for what Stripe, or Postgres, says of it; each sweep tries again",
      };
    }
    const lacking = objects
      .filter(({ completeAsOf }) => completeAsOf === null)
      .map(({ object, lastError }) => (lastError ? `${object} (${lastError})` : object));
    const differing = objects.filter(({ differing }) => differing > 0);
    if (!complete || objects.length === 0) {
      return {
        state: "warning",
        says: "Not all of what Stripe held before was read yet",
        details: lacking.length > 0 ? [`never read to the end: ${lacking.join(", ")}`] : [],
        why: "Until it is, sales ask Stripe instead, and pages say that they do not know yet.",
        mend: command("sync"),
      };
    }
    if (differing.length > 0) {
      return {
        says: "The mirror does not show everything as Stripe does",
        details: differing.map(({ object, differing, objects: all }) => `${object}: ${differing} of ${all} differ`),
        why: "Somebody may have access who should not, or the other way round.",
        mend: command("audit"),
      };
    }
    const [oldest = ""] = objects.map(({ completeAsOf }) => completeAsOf ?? "").sort();
    if (Date.now() - Date.parse(oldest) > STOPPED_AFTER_MS) {
      return {
        state: "warning",
        says: `The sweep has not come round for ${span(Date.now() - Date.parse(oldest))}`,
        why: "It finds what no event tells of: a row that was edited, an event that Stripe never made.",
        mend: `look at the log of ReadAccount, then ${command("audit")}`,
      };
    }
    return { ok: `all that Stripe held was read, as of ${span(Date.now() - Date.parse(oldest))} ago` };
  },
};
