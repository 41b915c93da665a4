import type { ChangePreview, PreviewChange } from "@turnpike/core/plan-change/schema";
import { useCallback, useEffect, useRef, useState } from "react";
import { asRefused, type Refused } from "./buttons/post.ts";
import { useOnReturn } from "./load.ts";
import { changePlan, detailsOf, isLost, previewChange } from "./plan-change.ts";

/** A change on its way from its preview to being made. */
export type Change =
  | { status: "loading" }
  /** There is none to be made. */
  | { status: "refused"; refusal: Refused }
  | Previewed
  /** The bank asks its customer, on that page. */
  | { status: "to-confirm"; preview: ChangePreview; confirmUrl: string };

interface Previewed {
  status: "previewed";
  preview: ChangePreview;
  /** Of this preview alone: however often it is confirmed, it is done once. */
  key: string;
  /** Why it was not made, when it was confirmed. */
  problem?: Refused | undefined;
  /** Another one is being asked for. */
  isStale?: boolean;
}

const previewed = (preview: ChangePreview, problem?: Refused): Previewed => ({
  status: "previewed",
  preview,
  key: crypto.randomUUID(),
  problem,
});

/** Whoever counts up, or types a number, is asked for what they end with. */
const TYPING_MS = 350;

/**
 * Shows what a change costs and, when it is confirmed, makes just that.
 * @param wish one that keeps its identity
 * @param onMade called once it is made
 */
export function useChange(wish: PreviewChange, onMade: (effective: ChangePreview["effective"]) => void) {
  const [change, setChange] = useState<Change>({ status: "loading" });
  const latest = useRef(0);

  const preview = useCallback(
    async (problem?: Refused) => {
      const turn = ++latest.current;
      setChange((now) => (now.status === "previewed" ? { ...now, isStale: true } : { status: "loading" }));
      const next = await previewChange(wish).then(
        (shown): Change => previewed(shown, problem),
        (failure): Change => ({ status: "refused", refusal: asRefused(failure) }),
      );
      if (turn === latest.current) setChange(next);
    },
    [wish],
  );
  const isFirst = useRef(true);
  useEffect(() => {
    setChange((now) => (now.status === "previewed" ? { ...now, isStale: true } : now));
    const timer = setTimeout(() => void preview(), isFirst.current ? 0 : TYPING_MS);
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      latest.current++;
    };
  }, [preview]);

  const confirm = async () => {
    if (change.status !== "previewed" || change.isStale) return;
    const { token, effective } = change.preview;
    try {
      await changePlan({ ...wish, token }, change.key);
    } catch (failure) {
      const problem = asRefused(failure);
      const { preview: fresh, confirmUrl } = detailsOf(problem);
      if (isLost(problem)) setChange({ ...change, problem });
      else if (confirmUrl) setChange({ status: "to-confirm", preview: change.preview, confirmUrl });
      else if (fresh) setChange(previewed(fresh, problem));
      else await preview(problem);
      return;
    }
    onMade(effective);
  };

  // Whoever comes back from their bank's page may have confirmed: then the change is made, and there is nothing to preview any more.
  const look = useCallback(() => {
    if (change.status !== "to-confirm") return;
    previewChange(wish).catch((failure) => {
      if (asRefused(failure).answer.code === "plan_unchanged") onMade(change.preview.effective);
    });
  }, [change, wish, onMade]);
  useOnReturn(look);

  return { change, confirm, again: () => void preview() };
}
