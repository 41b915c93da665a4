import { useLocation } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

/**
 * To whom this page has sent an e-mail, and what to call when it was sent. It is in the browser's history: whoever goes to read the
 * code and comes back may find the page loaded anew.
 */
export function useSentTo(): [sentTo: string | undefined, setSentTo: (email: string) => void] {
  const [, navigate] = useLocation();
  const sentTo = useHistoryState<{ sentTo?: string } | null>()?.sentTo;
  return [sentTo, (email) => navigate(window.location.pathname + window.location.search, { state: { sentTo: email } })];
}
